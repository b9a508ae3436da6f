import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters } from "../../../src/bridge/counters.js";
import { LastValues } from "../../../src/bridge/last-values.js";
import { MapReader } from "../../../src/bridge/map-reader.js";
import type { MapPage, Position } from "../../../src/gateway/channels.js";
import { PublicationHeader } from "../../../src/gateway/publication.js";
import { Random } from "../../model/random.js";
import { aValue } from "./a-value.js";

const MANY = Number.POSITIVE_INFINITY;
const header = new PublicationHeader("a");

function setUp(limit = 1_000) {
  const values = new LastValues(limit, new Counters(), () => {});
  const set = (topic: string, payload = "1", channel = "a"): number =>
    values.set(channel, aValue(topic, payload));
  const reader = (): MapReader => new MapReader(values, "a", header, () => {});
  return { values, set, reader };
}

function entries(page: MapPage | undefined): unknown[] | undefined {
  return page?.updates.map(({ topic, content, offset }) => [topic, content?.data, offset]);
}

test("the state comes in pages, of so many values and about so many bytes", () => {
  const { set, reader } = setUp();
  for (let n = 1; n <= 10; n++) set(`t${n}`, `"${"x".repeat(100)}"`);
  const byCount = reader();
  const sizes = [4, 4, 4].map((limit) => byCount.state(limit, MANY));
  assert.deepEqual(
    sizes.map((page) => [page?.updates.length, page?.complete, page?.offset]),
    [
      [4, false, 10],
      [4, false, 10],
      [2, true, 10],
    ],
  );
  const byBytes = reader();
  assert.equal(byBytes.state(100, 1)?.updates.length, 1, "a page has something in it");
  assert.equal(byBytes.state(100, 300)?.updates.length, 2);
});

test("what changes while the state is read is left to the changes", () => {
  const { values, set, reader } = setUp();
  for (const topic of ["t", "u", "v", "w"]) set(topic);
  const reading = reader();
  reading.state(1, MANY);
  set("t", "2");
  set("u", "2");
  values.clear("a", "v");
  set("x");
  assert.deepEqual(entries(reading.state(10, MANY)), [["w", "1", 4]]);
  assert.deepEqual(entries(reading.changes(reading.position, 10, MANY)), [
    ["t", "2", 5],
    ["u", "2", 6],
    ["v", undefined, 7],
    ["x", "1", 8],
  ]);
});

test("changes come in pages that go on where the last one ended", () => {
  const { set, reader } = setUp();
  const reading = reader();
  for (const topic of ["t", "u", "v"]) set(topic);
  set("other", "1", "b");
  const { epoch } = reading.position;
  const first = reading.changes(reading.position, 2, MANY);
  assert.deepEqual([first?.updates.length, first?.offset, first?.complete], [2, 2, false]);
  const second = reading.changes({ epoch, offset: 2 }, 2, MANY);
  assert.deepEqual([entries(second), second?.offset, second?.complete], [[["v", "1", 3]], 4, true]);
});

test("a page that is just full is the last one when nothing is left", () => {
  const { set, reader } = setUp();
  const reading = reader();
  for (const topic of ["t", "u"]) set(topic);
  assert.equal(reading.changes(reading.position, 2, MANY)?.complete, true);
});

test("another epoch, a position of the future or one too old gives nothing", () => {
  const { values, set, reader } = setUp(1);
  set("t");
  const reading = reader();
  const { epoch, offset } = reading.position;
  const ask = (after: Position): MapPage | undefined => reading.changes(after, 10, MANY);
  assert.equal(ask({ epoch: "another", offset }), undefined);
  assert.equal(ask({ epoch, offset: offset + 1 }), undefined);
  for (const topic of ["u", "v", "w"]) set(topic);
  assert.equal(ask({ epoch, offset }), undefined);
  values.close();
  assert.equal(ask({ epoch, offset }), undefined);
  assert.equal(reading.state(10, MANY), undefined);
});

/** Somebody who reads the map as the protocol has it. */
class Reader {
  readonly known = new Map<string, string>();
  #reading: MapReader;
  #position: Position | undefined;
  restarts = 0;

  constructor(readonly open: () => MapReader) {
    this.#reading = open();
  }

  /** One step; true when nothing was left. */
  step(limit: number, bytes: number): boolean {
    const page = this.#position ? this.#changes(this.#position, limit, bytes) : this.#state(limit, bytes);
    if (page) return page.complete && this.#position !== undefined;
    this.restarts++;
    this.known.clear();
    this.#position = undefined;
    this.#reading = this.open();
    return false;
  }

  #state(limit: number, bytes: number): MapPage | undefined {
    const page = this.#reading.state(limit, bytes);
    for (const { topic, content } of page?.updates ?? []) {
      assert.equal(this.known.has(topic), false, "no topic is in the state twice");
      this.known.set(topic, content?.data ?? "");
    }
    if (page?.complete) this.#position = this.#reading.position;
    return page && { ...page, complete: false };
  }

  #changes(after: Position, limit: number, bytes: number): MapPage | undefined {
    const page = this.#reading.changes(after, limit, bytes);
    let last = after.offset;
    for (const { topic, content, offset } of page?.updates ?? []) {
      assert.ok(offset > last, "changes ascend");
      last = offset;
      if (content) this.known.set(topic, content.data);
      else this.known.delete(topic);
    }
    if (page) this.#position = { epoch: after.epoch, offset: page.offset };
    return page;
  }
}

for (const [limit, forgets] of [
  [3, true],
  [8, false],
  [100, false],
] as const) {
  test(`with room for ${limit} topics, state and changes give what is true, whatever happens meanwhile`, () => {
    let restarts = 0;
    for (let seed = 0; seed < 300; seed++) {
      const random = new Random(seed);
      const { values, set, reader } = setUp(limit);
      const reading = new Reader(reader);
      const change = (): void => {
        const topic = `t${random.between(1, 12)}`;
        const channel = random.chance(0.8) ? "a" : "b";
        if (random.chance(0.7)) set(topic, String(random.between(1, 1_000)), channel);
        else values.clear(channel, topic);
      };
      for (let n = random.between(0, 20); n > 0; n--) change();
      for (let n = 0; n < 30; n++) {
        if (random.chance(0.5)) change();
        else reading.step(random.between(1, 4), random.oneOf([1, 100, MANY]));
      }
      let steps = 0;
      while (!reading.step(random.between(1, 4), MANY)) assert.ok(++steps < 100, "it comes to an end");
      const truth = [...values.snapshot("a")].map(({ topic, data }) => [topic, data]);
      assert.deepEqual([...reading.known].sort(), truth.sort(), `seed ${seed}`);
      restarts += reading.restarts;
    }
    assert.equal(restarts > 0, forgets, `${restarts} had to begin anew`);
  });
}
