import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { type Audit, noAudit } from "../access/audit.js";
import type { Gate } from "../access/gate.js";
import { openGate } from "../access/open-gate.js";
import { LimitedLog } from "../log/limited.js";
import { Turn } from "../outbox/turn.js";
import type { Store } from "../storage/store.js";
import { Access } from "./access.js";
import { Allowance, type RateLimits } from "./allowance.js";
import { Bus } from "./bus.js";
import { Client, type ClientContext } from "./client.js";
import { MqttClients } from "./client-source.js";
import { Clients } from "./clients.js";
import type { Connection, ConnectionContext, ConnectionLimits } from "./connection.js";
import { Counters } from "./counters.js";
import { Engine, type EngineClient } from "./engine.js";
import { EngineEvents } from "./engine-events.js";
import { Expiry, type ExpiryTimes } from "./expiry.js";
import { type EnginePacket, Hooks } from "./hooks.js";
import { Inbound } from "./inbound.js";
import { Intake } from "./intake.js";
import { KeepAlive } from "./keep-alive.js";
import { NearLimit } from "./near-messages.js";
import { Patience } from "./patience.js";
import { EnginePersistence } from "./persistence.js";
import { Recordings } from "./recordings.js";
import { Router } from "./router.js";
import type { SessionLimits, Subscriber } from "./session.js";
import { Sessions } from "./sessions.js";
import { Shares } from "./shares.js";
import { type SlowClient, SlowClients } from "./slow-clients.js";
import { Throttle } from "./throttle.js";
import { TopicLimits, type TopicSizes } from "./topic-limits.js";

/** Limits of the broker; the `mqtt` and `limits` sections of the configuration. Sizes in bytes, times in milliseconds. */
export interface BrokerLimits extends ConnectionLimits, SessionLimits, RateLimits, TopicSizes {
  readonly connectTimeout: number;
  readonly maxConnections: number;
  /** Sessions that outlive their connection. */
  readonly maxSessions: number;
  /** Topic filters of one client. */
  readonly maxSubscriptions: number;
}

export interface BrokerParts {
  /** Lets everybody do everything, when there is none. */
  readonly gate?: Gate;
  readonly audit?: Audit;
  readonly store: Store;
  /** Milliseconds that a message may wait for the store. */
  readonly storeTimeout: number;
  readonly limits: BrokerLimits;
  readonly expiry: ExpiryTimes;
  readonly log: Logger;
}

/** Payloads of messages that kept sessions hold in memory as well as on the disk, since their clients are nearly there. */
const MOST_NEAR_BYTES = 64 * 1024 * 1024;
/** Stands for a granted QoS in SUBACK [MQTT-3.9.3-2]. */
const REFUSED = 128;
/** Wills that a crash left behind are published this many intervals after the start, unless the client is back. */
const HEARTBEAT_MS = 15_000;

/**
 * The MQTT broker. Aedes runs the state machines of CONNECT and SUBSCRIBE; who gets a message, when it is stored and how
 * it is sent is decided here and in the files beside this one.
 */
export class Broker {
  readonly counters = new Counters();
  readonly shares = new Shares();
  /** Who is connected. */
  readonly clients: MqttClients;
  /** Messages for, and of, the rest of the process. */
  readonly bus: Bus;
  readonly throttle = new Throttle();
  readonly topicLimits: TopicLimits;
  readonly #access: Access;
  readonly #limits: BrokerLimits;
  readonly #log: Logger;
  readonly #limitedLog: LimitedLog;
  readonly #store: Store;
  readonly #router = new Router<Subscriber>();
  readonly #recordings: Recordings;
  readonly #sessions: Sessions;
  readonly #intake: Intake;
  readonly #engine: Engine;
  readonly #clients: Clients;
  readonly #patience: Patience;
  readonly #expiry: Expiry;
  readonly #keepAlive = new KeepAlive();
  readonly #slowClients: SlowClients;
  readonly #clientContext: ClientContext;
  readonly #connectionContext: ConnectionContext;

  constructor({ gate = openGate, audit = noAudit, store, storeTimeout, limits, expiry, log }: BrokerParts) {
    this.topicLimits = new TopicLimits(limits);
    this.#store = store;
    this.#limits = limits;
    this.#log = log;
    const { counters } = this;
    const limitedLog = new LimitedLog(log);
    this.#limitedLog = limitedLog;
    this.#slowClients = new SlowClients(limitedLog);
    this.#clients = new Clients({ maxConnections: limits.maxConnections, counters, log, limitedLog });
    this.clients = new MqttClients(this.#clients, this.#slowClients);
    this.#sessions = new Sessions(this.#router, {
      store,
      limits,
      counters,
      nearLimit: new NearLimit(MOST_NEAR_BYTES),
      onDrop: (clientId, reason) => this.#slowClients.note(clientId, reason),
      onStoreFailure: (clientId, error) => this.#storeFailed(error, "updating a queue", clientId),
    });
    this.#recordings = new Recordings(store, ({ topic }) => {
      counters.recordingsLost++;
      limitedLog.warn("a message was not recorded: the store cannot write", { topic });
    });
    this.#intake = new Intake(this.#router, {
      store,
      recordings: this.#recordings,
      counters,
      onRetainedRefused: (topic) =>
        limitedLog.warn("a message was not retained: mqtt.maxRetained is reached", { topic }),
    });
    this.bus = new Bus({
      router: this.#router,
      recordings: this.#recordings,
      intake: this.#intake,
      store,
      log,
    });
    this.#expiry = new Expiry({
      times: expiry,
      sessions: this.#sessions,
      store,
      counters,
      onExpired: (client) => limitedLog.info("a session expired: sessions.expiry", { client }),
      onFailure: (error) => this.#storeFailed(error, "removing what has expired"),
    });
    this.#patience = new Patience(storeTimeout, "its messages could not be stored within storage.timeout");
    this.#access = new Access({
      gate,
      audit,
      sessions: this.#sessions,
      clients: this.#clients,
      counters,
      limitedLog,
      connectTimeout: limits.connectTimeout,
      onStoreFailure: (error, doing, client) => this.#storeFailed(error, doing, client),
    });
    this.#clientContext = {
      inbound: new Inbound({
        intake: this.#intake,
        patience: this.#patience,
        counters,
        permissions: this.#access.permissions,
        topicLimits: this.topicLimits,
        throttle: this.throttle,
        onRefused: (session, message, why) => this.#access.messageRefused(session, message, why),
        onStoreFailure: (error, doing, clientId) => this.#storeFailed(error, doing, clientId),
      }),
      onClosed: (client) => this.#closed(client),
    };
    this.#connectionContext = {
      limits,
      turn: new Turn((error) => log.error({ err: error }, "a connection could not be written")),
      shares: this.shares,
      clock: this.#keepAlive,
    };
    this.#engine = this.#createEngine();
  }

  /** Brings sessions back from the store and starts the engine. */
  async start(): Promise<void> {
    await this.#sessions.load();
    this.#access.permissions.load();
    await this.#engine.listen();
    this.#keepAlive.start();
    this.#expiry.start();
  }

  /** Closes every connection. Wills stay stored: they are due only if their clients do not come back. */
  async stop(): Promise<void> {
    this.#keepAlive.stop();
    this.#patience.stop();
    this.#access.stop();
    this.throttle.stop();
    this.#expiry.stop();
    this.#clients.prepareToStop();
    await new Promise<void>((resolve) => this.#engine.close(resolve));
    this.#clients.destroyConnections();
  }

  /** Takes a connection over from a listener. */
  establish(connection: Connection, request?: IncomingMessage): void {
    if (!this.#clients.admit(connection)) return;
    const client = new Client(connection, this.#engine.accept(connection, request), this.#clientContext);
    this.#clients.add(client);
    connection.start(this.#connectionContext, client);
  }

  stats() {
    let queued = 0;
    let inflight = 0;
    let queuedBytes = 0;
    for (const session of this.#sessions.kept()) {
      queued += session.waiting;
      queuedBytes += session.waitingBytes;
      inflight += session.inflightCount;
    }
    return {
      connections: this.#clients.connections,
      clients: this.#clients.online,
      keptSessions: this.#sessions.keptCount,
      subscriptions: this.#router.size + this.#recordings.size,
      recording: this.#recordings.waiting,
      queued,
      queuedBytes,
      inflight,
    };
  }

  /** Who has not kept up lately, latest first. */
  slowClients(): SlowClient[] {
    return this.#slowClients.list();
  }

  bytes(): { received: number; sent: number } {
    return this.#clients.bytes();
  }

  #ready(engineClient: EngineClient): void {
    const client = this.#clients.of(engineClient);
    if (!client || client.connection.destroyed) return;
    this.#clients.ready(client);
    this.#patience.progress(client.connection, false);
    this.#engine.shareParser(engineClient);
    const session = this.#sessions.of(engineClient);
    session.allowance ??= Allowance.of(this.#limits);
    this.#access.opened(client, session);
    client.open(session);
  }

  #closed(client: Client): void {
    const { connection, engine } = client;
    this.#access.closed(client);
    this.throttle.forget(connection);
    this.#keepAlive.forget(connection);
    this.#patience.forget(connection);
    if (connection.drainTimedOut) {
      this.counters.drainTimeouts++;
      if (client.id) this.#slowClients.note(client.id, "drainTimeout");
    }
    this.#sessions.end(engine, connection);
    this.#clients.closed(client);
  }

  #storeFailed(error: unknown, doing: string, client?: string): void {
    this.#limitedLog.warn("the store failed; is the disk full or read-only?", { err: error, doing, client });
  }

  #hooks(persistence: EnginePersistence): Hooks {
    return new Hooks({
      access: this.#access,
      topicLimits: this.topicLimits,
      limits: this.#limits,
      sessions: this.#sessions,
      intake: this.#intake,
      takeWill: (clientId, origin) => persistence.wills.take(clientId, origin),
      counters: this.counters,
      internal: this.bus.internal,
      onConnect: (engineClient, keepAlive) => {
        const { connection } = this.#clients.of(engineClient) ?? {};
        if (!connection) return;
        this.#keepAlive.watch(connection, keepAlive);
      },
      onAccepted: (engineClient) => {
        const { connection } = this.#clients.of(engineClient) ?? {};
        if (connection) this.#patience.begin(connection); // its session may have to be stored
        this.#clients.accepted(engineClient.id);
      },
      onSubscriptionRefused: (clientId) =>
        this.#limitedLog.warn("subscription refused: mqtt.maxSubscriptions is reached", { client: clientId }),
      onStoreFailure: (error, doing, client) => this.#storeFailed(error, doing, client),
    });
  }

  #createEngine(): Engine {
    const id = randomUUID();
    const persistence = new EnginePersistence(this.#sessions, this.#store, id, {
      ownerOf: (clientId) => this.#access.claims.ownerOf(clientId),
      mayPublish: (will) => this.#access.mayPublish(will),
    });
    const hooks = this.#hooks(persistence);
    const engine = new Engine({
      options: {
        id,
        persistence,
        mq: new EngineEvents(this.#router),
        connectTimeout: this.#limits.connectTimeout,
        drainTimeout: 0, // Connection has its own
        heartbeatInterval: HEARTBEAT_MS,
        preConnect: (client, packet, done) => hooks.preConnect(client, packet, done),
        authenticate: (client, username, password, done) =>
          hooks.authenticate(client, { username, password }, done),
        authorizeSubscribe: (client, subscription, done) =>
          hooks.authorizeSubscribe(client, subscription, done),
        authorizePublish: (client, packet, done) =>
          hooks.authorizePublish(client, packet as EnginePacket, done),
      },
      isOwn: (client) => this.#access.isStillOwn(client),
      publish: (packet, client, done) => hooks.publish(packet, client, done),
    });
    engine.on("clientReady", (client) => this.#ready(client as unknown as EngineClient));
    const failed = (engineClient: object, error: Error) => {
      const client = this.#clients.of(engineClient);
      if (client) this.#clients.failed(client, error);
    };
    engine.on("clientError", failed);
    engine.on("connectionError", failed);
    engine.on("subscribe", (subscriptions, client) => {
      const granted = subscriptions.filter(({ qos }) => (qos as number) !== REFUSED);
      this.#sessions.deliverRetained(
        client,
        granted.map(({ topic }) => topic),
        this.#clients.of(client)?.connection,
      );
    });
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
