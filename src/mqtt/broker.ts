import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Aedes, type AedesOptions, type Client } from "aedes";
import type { Logger } from "pino";
import { LimitedLog } from "../log/limited.js";
import type { Store } from "../storage/store.js";
import type { Connection, ConnectionLimits } from "./connection.js";
import { Counters } from "./counters.js";
import { Intake, type Publisher } from "./intake.js";
import { Listener } from "./listener.js";
import { Message, type MessageContent, type QoS } from "./message.js";
import { EnginePersistence, SESSION_PRESENT } from "./persistence.js";
import { Router } from "./router.js";
import type { SessionLimits, Subscriber } from "./session.js";
import { Sessions } from "./sessions.js";
import { topicFilterFault, topicNameFault } from "./topics.js";

/** Limits of the broker; the `mqtt` section of the configuration. Sizes in bytes, times in milliseconds. */
export interface BrokerLimits extends ConnectionLimits, SessionLimits {
  readonly connectTimeout: number;
  readonly maxConnections: number;
  /** Sessions that outlive their connection. */
  readonly maxSessions: number;
}

export interface BrokerParts {
  readonly store: Store;
  readonly limits: BrokerLimits;
  readonly log: Logger;
}

/** The engine's client, with the parts that its types leave out and that test/contract pins. */
type EngineClient = Client & {
  will: object | null;
  deliverQoS: (packet: MessageContent, done: () => void) => void;
};

/** A refusal with the CONNACK return code that goes with it [MQTT-3.2.2-6]. */
type Refusal = Error & { returnCode: number };

type Done = (error?: Error | null) => void;

/** Wills that a crash left behind are published this many intervals after the start, unless the client is back. */
const HEARTBEAT_MS = 15_000;

/**
 * The MQTT broker. Aedes parses packets and runs the CONNECT, SUBSCRIBE and acknowledgement state machines; who gets a
 * message, when it is stored and how it is sent is decided here and in the files beside this one.
 */
export class Broker {
  readonly counters = new Counters();
  readonly #limits: BrokerLimits;
  readonly #log: Logger;
  readonly #limitedLog: LimitedLog;
  readonly #store: Store;
  readonly #router = new Router<Subscriber>();
  readonly #sessions: Sessions;
  readonly #intake: Intake;
  readonly #engine: Engine;
  readonly #connections = new Set<Connection>();
  /** The connected client of each identifier [MQTT-3.1.4-2]. */
  readonly #online = new Map<string, EngineClient>();
  /** CONNECT asked for a kept session and gave no identifier [MQTT-3.1.3-8]. */
  readonly #nameless = new WeakSet<Client>();
  /** Messages taken before their PUBACK; the engine hands them over again after it. */
  readonly #taken = new WeakSet<object>();
  readonly #internal: Publisher = { pending: 0 };

  constructor({ store, limits, log }: BrokerParts) {
    this.#store = store;
    this.#limits = limits;
    this.#log = log;
    this.#limitedLog = new LimitedLog(log);
    this.#sessions = new Sessions(this.#router, {
      store,
      limits,
      counters: this.counters,
      onDrop: (clientId, reason) => this.#limitedLog.warn("message dropped", { client: clientId, reason }),
      onStoreFailure: (clientId, error) => this.#storeFailed(error, "updating a queue", clientId),
    });
    this.#intake = new Intake(this.#router, store, this.counters);
    const id = randomUUID();
    const persistence = new EnginePersistence(this.#sessions, store, id, (error, doing) =>
      this.#storeFailed(error, doing),
    );
    this.#engine = this.#createEngine(id, persistence);
  }

  /** Brings sessions back from the store and starts the engine. */
  async start(): Promise<void> {
    await this.#sessions.load();
    await this.#engine.listen();
  }

  /** Closes every connection. Wills stay stored: they are due only if their clients do not come back. */
  async stop(): Promise<void> {
    for (const client of this.#online.values()) client.will = null;
    await new Promise<void>((resolve) => this.#engine.close(resolve));
    for (const connection of this.#connections) connection.destroy();
  }

  /** Takes a connection over from a listener. */
  establish(connection: Connection, request?: IncomingMessage): void {
    if (this.#connections.size >= this.#limits.maxConnections) {
      this.counters.connectionsRefused++;
      this.#limitedLog.warn("connection refused: mqtt.maxConnections is reached", describe(connection));
      connection.destroy();
      return;
    }
    this.counters.connectionsAccepted++;
    this.#connections.add(connection);
    connection.limit(this.#limits);
    const client = this.#engine.handle(connection, request) as EngineClient;
    client.deliverQoS = (packet, done) =>
      this.#sessions.of(client).deliverRetained(new Message(packet), done);
    connection.once("close", () => this.#closed(client, connection));
  }

  // For the rest of the process: the bridge's bus.

  /** Calls back synchronously, in publish order, until the returned function is called. */
  subscribe(filter: string, callback: (message: MessageContent) => void): () => void {
    const listener = new Listener(callback, (error) =>
      this.#log.error({ err: error, filter }, "a listener failed"),
    );
    this.#router.subscribe(filter, listener, 2);
    return () => this.#router.unsubscribe(filter, listener);
  }

  /** Resolves once the message is stored where it must be and with its subscribers. */
  async publish(content: MessageContent): Promise<void> {
    const fault = topicNameFault(content.topic) ?? reservedFault(content.topic);
    if (fault) throw new Error(fault);
    await this.#intake.take(content, this.#internal);
  }

  retained(filter: string): AsyncIterable<MessageContent> {
    return this.#store.retained(filter);
  }

  stats() {
    let queued = 0;
    let inflight = 0;
    for (const session of this.#sessions.kept()) {
      queued += session.waiting;
      inflight += session.inflightCount;
    }
    return {
      connections: this.#connections.size,
      clients: this.#online.size,
      keptSessions: this.#sessions.keptCount,
      subscriptions: this.#router.size,
      queued,
      inflight,
    };
  }

  /** Bytes since the start, of open and of closed connections. */
  bytes(): { received: number; sent: number } {
    let received = this.counters.bytesReceived;
    let sent = this.counters.bytesSent;
    for (const connection of this.#connections) {
      received += connection.bytesReceived;
      sent += connection.bytesSent;
    }
    return { received, sent };
  }

  // Hooks, in the order in which a client meets them.

  #preConnect(
    client: Client,
    packet: { clientId: string; clean?: boolean },
    done: (error: Error | null, ok: boolean) => void,
  ) {
    if (!packet.clientId && !packet.clean) this.#nameless.add(client);
    if (!packet.clientId) packet.clientId = `auto-${randomUUID()}`;
    done(null, true);
  }

  #authenticate(client: Client, done: (error: Refusal | null, ok: boolean | null) => void) {
    if (this.#nameless.has(client))
      return done(refusal(2, "an empty client identifier needs a clean session [MQTT-3.1.3-8]"), null);
    if (client.id.includes("\u0000")) return done(refusal(2, "the client identifier contains U+0000"), null);
    if (!client.clean && !this.#sessions.hasRoomFor(client.id, this.#limits.maxSessions))
      return done(refusal(3, `mqtt.maxSessions (${this.#limits.maxSessions}) is reached`), null);
    done(null, true);
  }

  #ready(client: EngineClient): void {
    const connection = connectionOf(client);
    if (connection.destroyed) return;
    const previous = this.#online.get(client.id);
    if (previous && previous !== client) previous.close();
    this.#online.set(client.id, client);
    this.#sessions.of(client).attach(connection);
    connection.open();
    this.#log.info({ client: client.id, clean: client.clean, ...describe(connection) }, "client connected");
  }

  #authorizeSubscribe(client: Client, subscription: EngineSubscription, done: SubscribeDone) {
    const { topic, qos } = subscription;
    if (topic === SESSION_PRESENT) return done(null, null);
    const fault = topicFilterFault(topic);
    if (fault) return done(new Error(`SUBSCRIBE ${JSON.stringify(topic.slice(0, 100))}: ${fault}`));
    this.#sessions.subscribe(this.#sessions.of(client), topic, qos);
    done(null, subscription);
  }

  #authorizePublish(client: Client | null, packet: EnginePacket, done: Done) {
    const fault = topicNameFault(packet.topic) ?? reservedFault(packet.topic);
    if (fault) return done(new Error(`PUBLISH ${JSON.stringify(packet.topic.slice(0, 100))}: ${fault}`));
    if (client) this.counters.received[packet.qos]++;
    if (packet.qos !== 1 || !client) return done();
    // The engine acknowledges QoS 1 before it publishes; we store first, so the message is taken here.
    this.#taken.add(packet);
    this.#take(packet, client, done);
  }

  /** What the engine publishes: messages of clients, wills and its own news. */
  #publish(packet: EnginePacket, client: Client | null, done: Done): void {
    if (this.#taken.has(packet)) process.nextTick(done);
    else this.#take(packet, client, done);
  }

  #take(packet: EnginePacket, client: Client | null, done: Done): void {
    const session = client && this.#sessions.of(client);
    const { topic, qos, retain, messageId } = packet;
    const content = { topic, payload: asBuffer(packet.payload), qos: qos ?? 0, retain: retain ?? false };
    const receivedAs = session && qos === 2 && messageId ? { session, packetId: messageId } : undefined;
    receivedAs?.session.incoming.add(receivedAs.packetId);
    const taken = this.#intake.take(content, session ?? this.#internal, receivedAs);
    // Never at once: the engine's parser must have left its loop before it is told to go on.
    if (!taken) process.nextTick(done);
    taken?.then(
      () => done(),
      (error) => {
        receivedAs?.session.incoming.delete(receivedAs.packetId);
        this.#storeFailed(error, "storing a message; it was not acknowledged", client?.id);
        done(new Error("a message could not be stored"));
      },
    );
  }

  #failed(client: Client, error: Error): void {
    const connection = connectionOf(client);
    connection.closeReason ??= error.message;
    if (isNetworkFault(error)) return;
    this.counters.protocolErrors++;
    const details = {
      ...(client.id ? { client: client.id } : {}),
      ...describe(connection),
      reason: connection.closeReason,
    };
    this.#limitedLog.warn("client closed for an error", details);
  }

  #closed(client: EngineClient, connection: Connection): void {
    this.#connections.delete(connection);
    this.counters.bytesReceived += connection.bytesReceived;
    this.counters.bytesSent += connection.bytesSent;
    if (!client.id) return;
    this.#sessions.of(client).detach(connection);
    this.#sessions.end(client);
    if (this.#online.get(client.id) !== client) return;
    this.#online.delete(client.id);
    const reason = connection.closeReason ?? "closed by the client";
    this.#log.info({ client: client.id, ...describe(connection), reason }, "client disconnected");
  }

  #storeFailed(error: unknown, doing: string, client?: string): void {
    this.#limitedLog.warn("the store failed; is the disk full or read-only?", { err: error, doing, client });
  }

  #createEngine(id: string, persistence: EnginePersistence): Engine {
    const engine = new Engine(
      {
        id,
        persistence,
        mq: new EngineEvents(this.#router),
        connectTimeout: this.#limits.connectTimeout,
        drainTimeout: 0, // Connection has its own
        heartbeatInterval: HEARTBEAT_MS,
        preConnect: (client, packet, done) => this.#preConnect(client, packet, done),
        authenticate: (client, _user, _password, done) => this.#authenticate(client, done),
        authorizeSubscribe: (client, subscription, done) =>
          this.#authorizeSubscribe(client, subscription, done),
        authorizePublish: (client, packet, done) =>
          this.#authorizePublish(client, packet as EnginePacket, done),
      },
      (packet, client, done) => this.#publish(packet, client, done),
    );
    engine.on("clientReady", (client) => this.#ready(client as EngineClient));
    engine.on("clientError", (client, error) => this.#failed(client, error));
    engine.on("connectionError", (client, error) => this.#failed(client, error));
    engine.on("unsubscribe", (filters, client) => {
      if (client.clean) this.#sessions.unsubscribe(this.#sessions.of(client), filters);
    });
    // Aedes reports its own background work here.
    (engine as NodeJS.EventEmitter).on("error", (error) =>
      this.#log.error({ err: error }, "the protocol engine failed"),
    );
    return engine;
  }
}

type EngineSubscription = { topic: string; qos: QoS };
type SubscribeDone = (error: Error | null, subscription?: EngineSubscription | null) => void;

interface EnginePacket {
  readonly topic: string;
  readonly payload?: string | Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly messageId?: number;
}

/** Aedes with its publishing replaced and its routing taken out: subscriptions go to our router in the hooks. */
class Engine extends Aedes {
  readonly #publish: (packet: EnginePacket, client: Client | null, done: Done) => void;

  constructor(
    options: AedesOptions,
    publish: (packet: EnginePacket, client: Client | null, done: Done) => void,
  ) {
    super(options);
    this.#publish = publish;
  }

  override publish(packet: unknown, client?: unknown, done?: unknown): void {
    const callback = (typeof client === "function" ? client : done) as Done | undefined;
    const from = typeof client === "function" ? null : (client as Client | null);
    this.#publish(packet as EnginePacket, from, callback ?? (() => undefined));
  }

  override subscribe(_filter: string, _deliver: unknown, done?: () => void): void {
    done?.();
  }

  override unsubscribe(_filter: string, _deliver: unknown, done?: () => void): void {
    done?.();
  }
}

/** Aedes' `mq`: only what the engine itself listens to, its own news under $SYS. */
class EngineEvents {
  readonly #router: Router<Subscriber>;

  constructor(router: Router<Subscriber>) {
    this.#router = router;
  }

  on(filter: string, callback: (message: MessageContent, done: () => void) => void): void {
    this.#router.subscribe(filter, new Listener((message) => callback(message, () => undefined)), 0);
  }

  close(done: () => void): void {
    done();
  }
}

function connectionOf(client: Client): Connection {
  return client.conn as Connection;
}

function describe({ remote, transportName }: Connection) {
  return { remote, transport: transportName };
}

function reservedFault(topic: string): string | undefined {
  return topic.startsWith("$") ? "topics that begin with $ are reserved" : undefined;
}

function refusal(returnCode: number, message: string): Refusal {
  return Object.assign(new Error(message), { returnCode });
}

function isNetworkFault(error: Error): boolean {
  return ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );
}

function asBuffer(payload: string | Buffer | undefined): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(payload ?? "");
}
