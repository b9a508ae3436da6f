import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type RunningServer, startServer } from "../helpers/server.js";
import { Random } from "../model/random.js";
import { Watch } from "../model/watch.js";
import { Publisher } from "./crash/publisher.js";
import { Receiver } from "./crash/receiver.js";
import { retainedFaults } from "./crash/retained.js";
import { stillbirth } from "./crash/stillbirth.js";
import type { Stream } from "./crash/stream.js";

const SEED = Number(process.env.SEED ?? 20_261_123);
const ROUNDS = Number(process.env.ROUNDS ?? 200);
const PUBLISHERS = 10;
/** New messages of one publisher in a round, at most. */
const MOST_MESSAGES = 200;
/** The broker is killed when the clients have got so many packets of it, at most, or when they have all. */
const MOST_PACKETS = 5_000;
/** Some rounds end while clients are still connecting. */
const FEW_PACKETS = 30;
/** After an orderly end. */
const LAST_MESSAGES = 50;
/** In the end three receivers take all that was published, which on a busy machine are minutes. */
const PATIENCE_MS = 600_000;
const CONFIG = { mqtt: { maxQueuedMessages: 10_000_000 }, sessions: { maxQueuedSize: "1GiB" } };

test(`nothing acknowledged is lost over ${ROUNDS} kills of the broker (SEED=${SEED})`, async (t) => {
  await new Campaign(t).run();
});

/** Clients that go on through all kills of the broker. */
class Campaign {
  readonly #t: TestContext;
  readonly #random = new Random(SEED);
  readonly #watch = new Watch(PATIENCE_MS);
  readonly #faults: string[] = [];
  readonly #publishers: readonly Publisher[];
  readonly #following: Receiver;
  readonly #slow: Receiver;
  readonly #returning: Receiver;
  readonly #away: Receiver;
  #round = 0;
  #packets = 0;

  constructor(t: TestContext) {
    this.#t = t;
    const fault = (text: string) => this.#fault(text);
    const onPacket = () => this.#packet();
    const receiver = (id: string) => new Receiver(id, { onPacket, fault });
    this.#following = receiver("following");
    this.#slow = receiver("slow");
    this.#returning = receiver("returning");
    this.#away = receiver("away");
    this.#publishers = Array.from({ length: PUBLISHERS }, (_, i) => {
      const random = new Random(this.#random.between(0, 2 ** 31));
      return new Publisher(`publisher${i}`, { random, onPacket, fault });
    });
  }

  async run(): Promise<void> {
    let server = await startServer(this.#t, { config: CONFIG });
    const { data } = server;
    for (const receiver of this.#receivers) await receiver.connect(server);
    for (const receiver of this.#receivers) await receiver.cut();
    for (this.#round = 1; this.#round <= ROUNDS; this.#round++) {
      const done = this.#startRound(server);
      const most = this.#random.chance(0.2) ? FEW_PACKETS : MOST_PACKETS;
      await this.#untilPackets(this.#random.between(0, most));
      await server.kill();
      await done;
      await this.#cutAll();
      if (this.#random.chance(0.1)) await stillbirth(data, this.#random.between(100, 600));
      server = await startServer(this.#t, { data, config: CONFIG });
      for (const fault of await retainedFaults(this.#t, server, this.#streams)) this.#fault(fault);
      this.#report();
    }
    await this.#finish(server);
    assert.equal(await server.stop(), 0);
    server = await startServer(this.#t, { data, config: CONFIG });
    await this.#expectNothing(server);
  }

  get #receivers(): Receiver[] {
    return [this.#following, this.#slow, this.#returning, this.#away];
  }

  get #streams(): Stream[] {
    return this.#publishers.flatMap(({ streams }) => streams);
  }

  async #startRound(server: RunningServer): Promise<void> {
    this.#packets = 0;
    const receivers = [this.#following.connect(server), this.#slow.connect(server, true)];
    if (this.#random.chance(0.2)) receivers.push(this.#returning.connect(server));
    const publishers = this.#publishers.map((publisher) =>
      publisher.connect(server, this.#random.between(0, MOST_MESSAGES)),
    );
    await Promise.all([...receivers, ...publishers]);
  }

  /** Lets every publisher come to its end and every receiver have all. */
  async #finish(server: RunningServer): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.connect(server)));
    await Promise.all(this.#publishers.map((publisher) => publisher.connect(server, 0)));
    const isDone = () =>
      this.#isIdle &&
      this.#missing().length === 0 &&
      this.#receivers.every(({ unreleased }) => unreleased === 0);
    await this.#watch
      .until(isDone, () => this.#missing().slice(0, 20).join("; "))
      .catch((error: Error) => this.#fault(error.message));
    assert.deepEqual(this.#faults, []);
    for (const receiver of this.#receivers) await receiver.leave();
    await this.#cutAll();
  }

  /** After an orderly stop nothing is left for anybody: what is published then is all that comes. */
  async #expectNothing(server: RunningServer): Promise<void> {
    const [onPacket, fault] = [() => this.#packet(), (text: string) => this.#fault(text)];
    const last = new Publisher("last", { random: this.#random, onPacket, fault });
    await Promise.all(this.#receivers.map((receiver) => receiver.connect(server)));
    await last.connect(server, LAST_MESSAGES);
    const came = () => this.#receivers.map(({ published }) => published);
    await this.#watch.until(
      () => last.idle && came().every((count) => count >= LAST_MESSAGES),
      () => `the last ${LAST_MESSAGES} messages; ${came()} came`,
    );
    assert.deepEqual(
      came(),
      this.#receivers.map(() => LAST_MESSAGES),
      "something came again after an orderly stop",
    );
    assert.deepEqual(this.#faults, []);
    await Promise.all([last.cut(), this.#cutAll()]);
  }

  get #isIdle(): boolean {
    return this.#publishers.every(({ idle }) => idle);
  }

  #missing(receivers: readonly Receiver[] = this.#receivers): string[] {
    return receivers.flatMap((receiver) =>
      this.#streams
        .filter(({ topic, sent }) => receiver.count(topic) < sent)
        .map(({ topic, sent }) => `${receiver.id}: ${topic}: ${receiver.count(topic)} of ${sent} came`),
    );
  }

  async #cutAll(): Promise<void> {
    await Promise.all([...this.#receivers, ...this.#publishers].map((client) => client.cut()));
  }

  #untilPackets(count: number): Promise<void> {
    const allCame = () => this.#isIdle && this.#missing([this.#following]).length === 0;
    const enough = () => this.#packets >= count || this.#faults.length > 0 || allCame();
    return this.#watch.until(enough, () => `${count} packets in round ${this.#round}; ${this.#packets} came`);
  }

  #packet(): void {
    this.#packets++;
    this.#watch.happened();
  }

  #fault(text: string): void {
    this.#faults.push(`SEED=${SEED}, round ${this.#round}: ${text}`);
    this.#watch.happened();
  }

  #report(): void {
    assert.deepEqual(this.#faults, []);
    if (this.#round % 20 !== 0) return;
    const sum = (count: (stream: Stream) => number) =>
      this.#streams.reduce((total, stream) => total + count(stream), 0);
    const acknowledged = sum((stream) => stream.acknowledged + 1);
    const came = this.#receivers.map(
      (receiver) => `${receiver.id} ${sum(({ topic }) => receiver.count(topic))}`,
    );
    // Not t.diagnostic(), which says everything at the end.
    console.log(`round ${this.#round} of ${ROUNDS}: ${acknowledged} acknowledged; came: ${came.join(", ")}`);
  }
}
