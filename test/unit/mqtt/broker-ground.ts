import { join } from "node:path";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { schema } from "../../../src/config/schema.js";
import { listen } from "../../../src/listeners/listener.js";
import { tcpServer } from "../../../src/listeners/tcp.js";
import { Broker } from "../../../src/mqtt/broker.js";
import type { MessageContent } from "../../../src/mqtt/message.js";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import { connect, type TestClient } from "../../helpers/mqtt.js";
import { lastFirst } from "../../helpers/teardown.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";

export type QoS = 0 | 1 | 2;

export function message(topic: string, text: string | Buffer, qos: QoS = 0, retain = false): MessageContent {
  return { topic, payload: Buffer.from(text), qos, retain };
}

/** A broker on a store of its own, and a port. */
export class BrokerGround {
  readonly broker: Broker;
  readonly store: LevelStore;
  readonly lines: string[] = [];
  /** The store cannot write. */
  readonly faulty: Promise<void>;
  readonly #t: TestContext;
  #url = "";

  private constructor(t: TestContext, directory: string) {
    this.#t = t;
    let fail = () => {};
    this.faulty = new Promise((resolve) => {
      fail = resolve;
    });
    const nothing = () => undefined;
    this.store = new LevelStore({ directory, log: { info: nothing, warn: nothing, error: () => fail() } });
    const config = schema.parse({});
    this.broker = new Broker({
      store: this.store,
      storeTimeout: config.storage.timeout,
      limits: {
        ...config.mqtt,
        maxStoredSize: config.sessions.maxQueuedSize,
        whenFull: config.sessions.whenFull,
      },
      expiry: { sessions: 0, messages: 0 },
      log: pino({ level: "warn" }, { write: (line: string) => this.lines.push(line) }),
    });
  }

  static async start(t: TestContext, directory?: string): Promise<BrokerGround> {
    const scope = lastFirst(t);
    const home = await temporaryDirectory(scope, "broker");
    const ground = new BrokerGround(t, directory ?? join(home, "data"));
    const { broker, store } = ground;
    await store.open();
    scope.after(() => store.close().catch(() => undefined));
    await broker.start();
    scope.after(() => broker.stop());
    const server = tcpServer((connection) => broker.establish(connection));
    const { port } = await listen(server, { host: "127.0.0.1", port: 0 }, "listen.mqtt");
    scope.after(() => server.close());
    ground.#url = `mqtt://127.0.0.1:${port}`;
    return ground;
  }

  connect(options: { clientId?: string; clean?: boolean } = {}): Promise<TestClient> {
    return connect(this.#t, this.#url, options);
  }

  /** Has messages recorded in a stream, and remembers what it was told. */
  record(filter: string, stream = "s"): Recording {
    return new Recording(this, filter, stream);
  }
}

/** Of longer recordings only the first are looked up in the store. */
const MOST_CHECKED = 1_000;

/** A listener that records everything. */
export class Recording {
  /** Payloads in the order of the calls. */
  readonly recorded: string[] = [];
  readonly received: string[] = [];
  readonly lost: string[] = [];
  /** Received while their records were not stored. */
  readonly early: string[] = [];
  readonly end: () => void;
  readonly #ground: BrokerGround;
  readonly #stream: string;
  #pending: Promise<void>[] = [];
  #watchers: (() => void)[] = [];

  constructor(ground: BrokerGround, filter: string, stream: string) {
    this.#ground = ground;
    this.#stream = stream;
    this.end = ground.broker.bus.subscribe(filter, (message) => this.#receive(message), {
      record: ({ payload }) => {
        ground.store.append(stream, this.recorded.push(payload.toString()), payload);
        return true;
      },
      lost: ({ payload }) => {
        this.lost.push(payload.toString());
        this.#look();
      },
    });
  }

  /** What is stored. */
  async stored(): Promise<string[]> {
    const entries = await this.#ground.store.readStream(this.#stream, 0, 1_000_000);
    return entries.map(({ entry }) => entry.toString());
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
    await Promise.all(this.#pending);
  }

  #receive({ payload }: MessageContent): void {
    const text = payload.toString();
    const offset = this.received.push(text);
    if (offset <= MOST_CHECKED) this.#pending.push(this.#check(text, offset));
    this.#look();
  }

  async #check(text: string, offset: number): Promise<void> {
    const [entry] = await this.#ground.store.readStream(this.#stream, offset - 1, 1);
    if (entry?.entry.toString() !== text) this.early.push(text);
  }

  #look(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}
