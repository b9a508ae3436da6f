import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { Random } from "../model/random.js";
import { Watch } from "../model/watch.js";
import { Connection } from "./crash/connection.js";
import { Disk } from "./crash/disk.js";
import { powerCut, TAILS, type Tail } from "./crash/image.js";
import { Publisher } from "./crash/publisher.js";
import { Receiver } from "./crash/receiver.js";
import { retainedFaults } from "./crash/retained.js";
import { TracedBroker, tracingFault } from "./crash/traced-broker.js";

const SEED = Number(process.env.SEED ?? 20_261_123);
const ROUNDS = 10;
const PUBLISHERS = 5;
/** Enough for LevelDB, whose logs have 4 MiB, to begin new logs and tables in some rounds. */
const MOST_FILLERS = 100;
const FILLER_SIZE = 64 * 1024;
const MOST_PACKETS = 6_000;
const PATIENCE_MS = 60_000;
const CONFIG = { mqtt: { maxQueuedMessages: 1_000_000 }, sessions: { maxQueuedSize: "1GiB" } };
const refused = tracingFault();

for (let round = 0; round < ROUNDS; round++)
  test(`what was acknowledged survives a power cut (SEED=${SEED + round})`, {
    skip: refused ?? false,
  }, async (t) => {
    await new Cut(t, SEED + round).run();
  });

/** One broker that is killed, and what is found on each of the disks that the power cut may have left. */
class Cut {
  readonly #t: TestContext;
  readonly #random: Random;
  readonly #watch = new Watch(PATIENCE_MS);
  readonly #faults: string[] = [];
  readonly #publishers: readonly Publisher[];
  #packets = 0;

  constructor(t: TestContext, seed: number) {
    this.#t = t;
    this.#random = new Random(seed);
    this.#publishers = Array.from({ length: PUBLISHERS }, (_, i) => {
      const random = new Random(this.#random.between(0, 2 ** 31));
      return new Publisher(`publisher${i}`, { random, ...this.#events(() => "before the power cut") });
    });
  }

  async run(): Promise<void> {
    const home = await temporaryDirectory(this.#t, "power");
    const config = join(home, "causeway.yaml");
    await writeFile(config, JSON.stringify(CONFIG));
    const data = join(home, "data");
    const disk = new Disk(data, await this.#publishUntilKilled({ data, config, trace: join(home, "trace") }));
    for (const [i, tail] of TAILS.entries()) {
      const copy = join(home, tail);
      await powerCut(data, copy, { disk, tail, random: this.#random });
      // The publishers' own state can go on only once.
      await this.#examine(copy, tail, i === TAILS.length - 1);
    }
    this.#describe(disk);
  }

  async #publishUntilKilled(files: { data: string; config: string; trace: string }): Promise<string> {
    const broker = await TracedBroker.start(this.#t, files);
    const away = new Receiver(
      "away",
      this.#events(() => "before the power cut"),
    );
    await away.connect(broker);
    await away.leave();
    await this.#fill(broker);
    for (const publisher of this.#publishers) await publisher.connect(broker, Number.POSITIVE_INFINITY);
    const count = this.#random.between(1, MOST_PACKETS);
    const enough = () => this.#packets >= count || this.#faults.length > 0;
    await this.#watch.until(enough, () => `${count} packets; ${this.#packets} came`);
    const trace = await broker.kill();
    for (const publisher of this.#publishers) await publisher.cut();
    return trace;
  }

  /** Brings the database some way towards its next log and table. */
  async #fill(broker: TracedBroker): Promise<void> {
    const count = this.#random.between(0, MOST_FILLERS);
    let acknowledged = 0;
    const filler = new Connection(broker, "filler", () => {
      acknowledged++;
      this.#watch.happened();
    });
    await filler.accepted;
    const payload = Buffer.alloc(FILLER_SIZE);
    for (let messageId = 1; messageId <= count; messageId++)
      filler.send({
        cmd: "publish",
        topic: `fill/${messageId}`,
        payload,
        qos: 1,
        retain: true,
        dup: false,
        messageId,
      });
    await this.#watch.until(
      () => acknowledged === count,
      () => `${count} PUBACKs; ${acknowledged} came`,
    );
    await filler.cut();
  }

  async #examine(data: string, tail: Tail, goOn: boolean): Promise<void> {
    const server = await startServer(this.#t, { data, config: CONFIG });
    const where = () => `unsynced bytes ${tail}`;
    const away = new Receiver("away", this.#events(where), true);
    await away.connect(server);
    const faults = await retainedFaults(this.#t, server, this.#streams);
    this.#faults.push(...faults.map((fault) => `${where()}: ${fault}`));
    assert.deepEqual(this.#faults, []);
    if (goOn) await this.#goOn(server);
    const lost = () =>
      this.#streams
        .filter(({ topic, acknowledged }) => away.count(topic) <= acknowledged)
        .map(({ topic, acknowledged }) => `${topic}: ${away.count(topic)} of ${acknowledged + 1} came`);
    const isJudged = () => this.#faults.length > 0 || lost().length === 0;
    await this.#watch
      .until(isJudged, () => lost().join("; "))
      .catch((error: Error) => this.#faults.push(`${where()}: ${error.message}`));
    assert.deepEqual(this.#faults, []);
    await away.cut();
    await server.kill();
  }

  /** The publishers send again what was not acknowledged, and nothing comes twice at QoS 2. */
  async #goOn(server: Parameters<Publisher["connect"]>[0]): Promise<void> {
    for (const publisher of this.#publishers) await publisher.connect(server, 0);
    const idle = () => this.#publishers.every((publisher) => publisher.idle);
    await this.#watch.until(idle, () => "the last acknowledgements");
    for (const publisher of this.#publishers) await publisher.cut();
  }

  get #streams() {
    return this.#publishers.flatMap(({ streams }) => streams);
  }

  #events(where: () => string) {
    return {
      onPacket: () => {
        this.#packets++;
        this.#watch.happened();
      },
      fault: (text: string) => {
        this.#faults.push(`${where()}: ${text}`);
        this.#watch.happened();
      },
    };
  }

  #describe({ files }: Disk): void {
    const tails = [...files].map(
      ([name, { written, synced }]) => `${name} ${synced} of ${written} bytes synced`,
    );
    this.#t.diagnostic(`${this.#packets} packets; ${tails.join(", ")}`);
  }
}
