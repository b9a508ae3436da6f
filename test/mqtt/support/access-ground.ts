import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pino } from "pino";
import type { AuditDetails } from "../../../src/access/audit.js";
import type { Gate } from "../../../src/access/gate.js";
import { schema } from "../../../src/config/schema.js";
import { listen } from "../../../src/listeners/listener.js";
import { tcpServer } from "../../../src/listeners/tcp.js";
import { Broker, type BrokerLimits } from "../../../src/mqtt/broker.js";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import { TestGate } from "../../helpers/gate.js";
import { connect, type TestClient } from "../../helpers/mqtt.js";
import { RawMqtt, type RawOptions } from "../../helpers/raw.js";
import type { LogLine, RunningServer } from "../../helpers/server.js";
import { Watch } from "../../model/watch.js";

const PATIENCE_MS = 15_000;

interface Options {
  readonly limits?: Partial<BrokerLimits>;
  readonly gate?: Gate;
}

/** A broker with a gate, on a store and a port of its own, that can be started anew. */
export class AccessGround {
  readonly gate = new TestGate();
  readonly ended: AuditDetails[] = [];
  readonly refused: AuditDetails[] = [];
  readonly lines: LogLine[] = [];
  readonly #t: TestContext;
  readonly #options: Options;
  readonly #directory: string;
  readonly #watch = new Watch(PATIENCE_MS);
  #stops: (() => unknown)[] = [];
  #broker: Broker | undefined;
  #store: LevelStore | undefined;
  #port = 0;

  private constructor(t: TestContext, options: Options, directory: string) {
    this.#t = t;
    this.#options = options;
    this.#directory = directory;
  }

  static async start(t: TestContext, options: Options = {}): Promise<AccessGround> {
    const directory = await mkdtemp(join(tmpdir(), "causeway-access-"));
    const ground = new AccessGround(t, options, directory);
    t.after(async () => {
      await ground.stop();
      await rm(directory, { recursive: true, force: true });
    });
    await ground.#start();
    return ground;
  }

  get broker(): Broker {
    if (!this.#broker) throw new Error("there is no broker");
    return this.#broker;
  }

  /** Nothing is known to be stored until the returned function is called. */
  holdStore(): () => void {
    const store = this.#store;
    if (!store) throw new Error("there is no store");
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const flush = store.flush.bind(store);
    store.flush = () => held.then(flush);
    return release;
  }

  get counters() {
    return this.broker.counters;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#start();
  }

  /** A client of the user, which is nobody when it is left out. */
  connect(
    user?: string,
    options: { clientId?: string; clean?: boolean; will?: object } = {},
  ): Promise<TestClient> {
    const credentials = user === undefined ? {} : { username: user, password: `${user}!` };
    return connect(this.#t, `mqtt://127.0.0.1:${this.#port}`, { ...credentials, ...(options as object) });
  }

  /** One that does nothing by itself; also of a CONNECT that is refused. */
  raw(user?: string, options: RawOptions = {}): Promise<RawMqtt> {
    const server = { mqtt: { host: "127.0.0.1", port: this.#port } } as unknown as RunningServer;
    const credentials = user === undefined ? {} : { username: user, password: `${user}!` };
    return RawMqtt.connect(this.#t, server, { ...credentials, ...options });
  }

  get port(): number {
    return this.#port;
  }

  /** The first line, past or to come, with this message and these details. */
  async logged(msg: string, details: object = {}): Promise<LogLine> {
    const find = () =>
      this.lines.find(
        (line) => line.msg === msg && Object.entries(details).every(([key, value]) => line[key] === value),
      );
    await this.#watch.until(
      () => find() !== undefined,
      () => `${msg} ${JSON.stringify(details)}, after ${JSON.stringify(this.lines.slice(-10))}`,
    );
    return find() as LogLine;
  }

  /** Resolves when so many CONNECTs have come to the gate. */
  async attempts(count: number): Promise<void> {
    while (this.gate.attempts.length < count) await nextTurn();
  }

  /** The client is gone, and its session away. */
  async offline(clientId: string): Promise<void> {
    await this.logged("client disconnected", { client: clientId });
  }

  async #start(): Promise<void> {
    const config = schema.parse({});
    const store = new LevelStore({ directory: join(this.#directory, "data"), durability: "os" });
    this.#store = store;
    await store.open();
    this.#stops.push(() => store.close());
    const { gate = this.gate, limits } = this.#options;
    const write = (text: string) => {
      this.lines.push(JSON.parse(text));
      this.#watch.happened();
    };
    const broker = new Broker({
      gate,
      audit: {
        admitted: () => undefined,
        changed: () => undefined,
        refused: (details) => this.refused.push(details),
        ended: (details) => this.ended.push(details),
      },
      store,
      storeTimeout: config.storage.timeout,
      limits: {
        ...config.mqtt,
        maxStoredSize: config.sessions.maxQueuedSize,
        whenFull: config.sessions.whenFull,
        ...limits,
      },
      expiry: { sessions: 0, messages: 0 },
      log: pino({ level: "info" }, { write }),
    });
    this.#broker = broker;
    await broker.start();
    this.#stops.push(() => broker.stop());
    const tcp = tcpServer((connection) => broker.establish(connection));
    const address = await listen(tcp, { host: "127.0.0.1", port: 0 }, "listen.mqtt");
    this.#stops.push(() => void tcp.close());
    this.#port = address.port;
  }
}
