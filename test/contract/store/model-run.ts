import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { QoS } from "../../../src/storage/store.js";
import { messageWith } from "../../unit/storage/hostile.js";
import { randomFrom } from "../../unit/storage/random.js";
import { type Ground, type Opened, open, restart, settle } from "./ground.js";
import { Model, type ModelSession } from "./model.js";

const IDS = ["dev1", "dev10", "", "dev1\0", "x".repeat(65_535), "b", "c", "d"];
const TOPICS = ["a", "a/b", "a/b/c", "b", "b/c", "/"];
const SIZES = [0, 10, 10, 100, 1000, 1000, 17_000, 70_000];

/** Random work on a store and on a model of it, which are compared. */
export class ModelRun {
  readonly #model = new Model();
  readonly #random: (limit: number) => number;
  #ground: Ground;
  #opened: Opened;
  #time = 0;

  private constructor(seed: number, ground: Ground, opened: Opened) {
    this.#random = randomFrom(seed);
    this.#ground = ground;
    this.#opened = opened;
  }

  /** Takes so many steps, and then clears everything up. */
  static async go(seed: number, steps: number, ground: Ground): Promise<void> {
    const run = new ModelRun(seed, ground, await open(ground));
    let step = 0;
    try {
      for (; step < steps; step++) await run.#step();
      await run.#finish();
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}`, { cause: error });
    }
  }

  get #store() {
    return this.#opened.store;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random(items.length)] as T;
  }

  async #step(): Promise<void> {
    const dice = this.#random(1000);
    if (dice < 8) return this.#reopen();
    if (dice < 14) return this.#crash();
    if (dice < 30) return this.#model.compare(this.#store);
    if (dice < 130) return this.#store.flush();
    if (dice < 200) return turn();
    if (dice < 260) return this.#changeStream();
    const session = this.#model.sessions.get(this.#pick(IDS));
    if (dice < 340) this.#changeRetained();
    else if (dice < 550) this.#enqueue();
    else if (!session)
      this.#model.create(this.#store, this.#pick(IDS.filter((id) => !this.#model.sessions.has(id))));
    else if (dice < 565) await this.#remove(session);
    else if (dice < 650) this.#changeSession(session);
    else await this.#consume(session);
  }

  async #reopen(): Promise<void> {
    this.#opened = await restart(this.#ground, this.#opened);
    await this.#model.reopened(this.#opened);
  }

  /** What is asked for is written, but something that clears up may be under way. */
  async #crash(): Promise<void> {
    await this.#store.flush();
    const ground = await this.#ground.crash();
    await this.#store.close();
    this.#ground = ground;
    this.#opened = await open(ground);
    await this.#model.reopened(this.#opened);
  }

  #changeRetained(): void {
    const topic = this.#pick(TOPICS);
    if (this.#random(3) > 0) {
      const message = messageWith({ topic, retain: true, time: ++this.#time, payload: this.#payload() });
      this.#store.retain(message);
      this.#model.retained.set(topic, message);
      return;
    }
    this.#store.write({ type: "unretain", topic });
    this.#model.retained.delete(topic);
  }

  async #changeStream(): Promise<void> {
    const name = this.#pick(IDS);
    const entries = this.#model.streams.get(name) ?? new Map<number, Buffer>();
    const offsets = [...entries.keys()];
    const dice = this.#random(12);
    if (dice < 7) {
      let last = offsets.at(-1) ?? this.#random(3) - 1;
      for (let count = 1 + this.#random(8); count > 0; count--) {
        last += 1 + (this.#random(10) === 0 ? this.#random(5) : 0);
        entries.set(last, this.#payload());
        this.#store.append(name, last, entries.get(last) ?? assert.fail());
        this.#model.streams.set(name, entries);
      }
    } else if (dice < 9) {
      const upTo = this.#pick([...offsets, 0]) + this.#random(2);
      this.#store.trim(name, upTo);
      for (const offset of offsets) if (offset <= upTo) entries.delete(offset);
      if (entries.size === 0) this.#model.streams.delete(name);
    } else if (dice === 9) {
      this.#store.dropStream(name);
      this.#model.streams.delete(name);
    } else {
      // Only what has been written is found, but of that nothing is left out.
      const after = this.#pick([...offsets, 0]);
      const found = await this.#store.readStream(name, after, 1 + this.#random(30));
      const expected = [...entries].filter(([offset]) => offset > after).slice(0, found.length);
      assert.deepEqual(new Map(found.map(({ offset, entry }) => [offset, entry])), new Map(expected));
    }
  }

  #payload(): Buffer {
    return Buffer.alloc(this.#pick(SIZES), this.#time);
  }

  #enqueue(): void {
    for (let count = 1 + this.#random(4); count > 0; count--) {
      const all = this.#random(4) === 0;
      const sessions = [...this.#model.sessions.values()].filter(() => all || this.#random(3) === 0);
      const message = messageWith({
        time: ++this.#time,
        payload: this.#payload(),
        topic: this.#pick(TOPICS),
      });
      const places = sessions.map(({ client, messages }) => {
        const qos = this.#random(2) === 0 ? 1 : 2;
        const gap = this.#random(10) === 0 ? this.#random(5) : 0;
        const place = client.place({ gap, qos, retain: this.#random(5) === 0 });
        messages.set(place.sequence, { ...message, qos: place.qos, retain: place.retain });
        return place;
      });
      if (places.length > 0) this.#store.enqueue(message, places);
    }
  }

  async #remove({ client }: ModelSession): Promise<void> {
    this.#model.sessions.delete(client.clientId);
    await this.#store.removeSession(client.queue);
  }

  #changeSession(session: ModelSession): void {
    const { clientId } = session.client;
    const filter = this.#pick(TOPICS);
    const packetId = 1 + this.#random(4);
    const { store } = this.#opened;
    const dice = this.#random(7);
    if (dice < 2) {
      const qos = this.#random(3) as QoS;
      session.subscriptions.set(filter, qos);
      store.write({ type: "subscribe", clientId, filter, qos });
    } else if (dice === 2) {
      session.subscriptions.delete(filter);
      store.write({ type: "unsubscribe", clientId, filter });
    } else if (dice === 3) {
      session.incoming.add(packetId);
      store.write({ type: "add-incoming", clientId, packetId });
    } else if (dice === 4) {
      session.incoming.delete(packetId);
      store.write({ type: "remove-incoming", clientId, packetId });
    } else if (dice === 5) {
      const awaySince = this.#random(2) === 0 ? undefined : ++this.#time;
      session.awaySince = awaySince;
      store.write({ type: "put-session", clientId, ...(awaySince === undefined ? {} : { awaySince }) });
    } else this.#changeWill(clientId);
  }

  #changeWill(clientId: string): void {
    if (this.#model.wills.delete(clientId)) {
      this.#store.write({ type: "remove-will", clientId });
      return;
    }
    const will = { ...messageWith({ time: ++this.#time }), clientId, brokerId: `run ${this.#time}` };
    this.#model.wills.set(clientId, will);
    this.#store.write({ type: "put-will", will });
  }

  /** What the client of a session does. */
  async #consume({ client, messages }: ModelSession): Promise<void> {
    const { queue } = client;
    const owed = client.unacknowledged.map(({ sequence }) => sequence);
    const dice = this.#random(20);
    if (dice === 0) client.drop(this.#pick([...messages.keys(), 0]));
    else if (dice < 3) queue.attached = !queue.attached;
    else if (dice < 9) {
      const before = client.passed;
      const entries = await client.receive(1 + this.#random(30));
      for (const { sequence, message } of entries) assert.deepEqual(message, messages.get(sequence));
      // What is not written yet comes later, and nothing before it is left out.
      const next = [...messages.keys()].filter((sequence) => sequence > before).slice(0, entries.length);
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        next,
      );
    } else if (dice < 11) client.acknowledgeAll();
    else if (dice < 14 && owed.length > 0) client.release(this.#pick(owed));
    else client.acknowledge(...owed.filter(() => this.#random(3) > 0));
  }

  /** When everybody has got everything, nothing is left; and then all sessions go. */
  async #finish(): Promise<void> {
    await this.#reopen();
    const store = this.#store;
    const clients = [...this.#model.sessions.values()].map(({ client }) => client);
    for (const client of clients) {
      client.queue.attached = true;
      client.acknowledgeAll();
      client.drop(client.last);
    }
    await settle(store, clients, () => store.stats().blocks === 0);
    assert.equal(store.stats().blocks, 0, "blocks");
    await settle(store, clients);
    for (const { queue } of clients) {
      queue.attached = false; // what was read last is not held any more
      assert.deepEqual(await queue.read(0, 10), []);
    }
    await this.#reopen();
    for (const session of this.#model.sessions.values()) await this.#remove(session);
    for (const name of this.#model.streams.keys()) this.#store.dropStream(name);
    for (const topic of this.#model.retained.keys()) this.#store.write({ type: "unretain", topic });
    for (const clientId of this.#model.wills.keys()) this.#store.write({ type: "remove-will", clientId });
    await this.#store.close();
    assert.equal(await this.#ground.rows(), 0);
  }
}
