import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Aedes, type AedesOptions, type Client } from "aedes";
import type { Logger } from "pino";
import { LimitedLog } from "../log/limited.js";
import { Turn } from "../outbox/turn.js";
import type { Store } from "../storage/store.js";
import { Clients } from "./clients.js";
import type { Connection, ConnectionLimits } from "./connection.js";
import { Counters } from "./counters.js";
import { type Done, type EnginePacket, Hooks } from "./hooks.js";
import { Intake, type Publisher } from "./intake.js";
import { Listener } from "./listener.js";
import { Message, type MessageContent } from "./message.js";
import { EnginePersistence } from "./persistence.js";
import { Router } from "./router.js";
import type { SessionLimits, Subscriber } from "./session.js";
import { Sessions } from "./sessions.js";
import { reservedFault, topicNameFault } from "./topics.js";

/** Limits of the broker; the `mqtt` section of the configuration. Sizes in bytes, times in milliseconds. */
export interface BrokerLimits extends ConnectionLimits, SessionLimits {
  readonly connectTimeout: number;
  readonly maxConnections: number;
  /** Sessions that outlive their connection. */
  readonly maxSessions: number;
  /** Topic filters of one client. */
  readonly maxSubscriptions: number;
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
  readonly #clients: Clients;
  readonly #internal: Publisher = { pending: 0 };
  readonly #turn = new Turn((error) => this.#log.error({ err: error }, "a connection could not be written"));

  constructor({ store, limits, log }: BrokerParts) {
    this.#store = store;
    this.#limits = limits;
    this.#log = log;
    this.#limitedLog = new LimitedLog(log);
    const { counters } = this;
    this.#clients = new Clients({
      maxConnections: limits.maxConnections,
      counters,
      log,
      limitedLog: this.#limitedLog,
    });
    this.#sessions = new Sessions(this.#router, {
      store,
      limits,
      counters,
      onDrop: (clientId, reason) => this.#limitedLog.warn("message dropped", { client: clientId, reason }),
      onStoreFailure: (clientId, error) => this.#storeFailed(error, "updating a queue", clientId),
    });
    this.#intake = new Intake(this.#router, store, counters);
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
    this.#clients.prepareToStop();
    await new Promise<void>((resolve) => this.#engine.close(resolve));
    this.#clients.destroyConnections();
  }

  /** Takes a connection over from a listener. */
  establish(connection: Connection, request?: IncomingMessage): void {
    if (!this.#clients.admit(connection)) return;
    connection.limit(this.#limits, this.#turn);
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
      connections: this.#clients.connections,
      clients: this.#clients.online,
      keptSessions: this.#sessions.keptCount,
      subscriptions: this.#router.size,
      queued,
      inflight,
    };
  }

  bytes(): { received: number; sent: number } {
    return this.#clients.bytes();
  }

  #ready(client: EngineClient): void {
    const connection = connectionOf(client);
    if (connection.destroyed) return;
    this.#clients.ready(client, connection);
    this.#sessions.of(client).attach(connection);
    connection.open();
  }

  #closed(client: EngineClient, connection: Connection): void {
    this.#sessions.end(client, connection);
    this.#clients.closed(client, connection);
  }

  #storeFailed(error: unknown, doing: string, client?: string): void {
    this.#limitedLog.warn("the store failed; is the disk full or read-only?", { err: error, doing, client });
  }

  #createEngine(id: string, persistence: EnginePersistence): Engine {
    const hooks = new Hooks({
      limits: this.#limits,
      sessions: this.#sessions,
      intake: this.#intake,
      counters: this.counters,
      internal: this.#internal,
      onAccepted: (clientId) => this.#clients.accepted(clientId),
      onSubscriptionRefused: (clientId) =>
        this.#limitedLog.warn("subscription refused: mqtt.maxSubscriptions is reached", { client: clientId }),
      onStoreFailure: (error, doing, client) => this.#storeFailed(error, doing, client),
    });
    const engine = new Engine(
      {
        id,
        persistence,
        mq: new EngineEvents(this.#router),
        connectTimeout: this.#limits.connectTimeout,
        drainTimeout: 0, // Connection has its own
        heartbeatInterval: HEARTBEAT_MS,
        preConnect: (client, packet, done) => hooks.preConnect(client, packet, done),
        authenticate: (client, _user, _password, done) => hooks.authenticate(client, done),
        authorizeSubscribe: (client, subscription, done) =>
          hooks.authorizeSubscribe(client, subscription, done),
        authorizePublish: (client, packet, done) =>
          hooks.authorizePublish(client, packet as EnginePacket, done),
      },
      (packet, client, done) => hooks.publish(packet, client, done),
    );
    engine.on("clientReady", (client) => this.#ready(client as EngineClient));
    const failed = (client: Client, error: Error) =>
      this.#clients.failed(client as EngineClient, connectionOf(client), error);
    engine.on("clientError", failed);
    engine.on("connectionError", failed);
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
