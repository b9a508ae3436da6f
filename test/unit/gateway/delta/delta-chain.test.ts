import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "../../../../src/bridge/value.js";
import { Counters } from "../../../../src/gateway/counters.js";
import { DeltaChain } from "../../../../src/gateway/delta/delta-chain.js";
import { LARGEST_DELTA_TEXT } from "../../../../src/gateway/delta/delta-forms.js";
import { Publication, PublicationHeader } from "../../../../src/gateway/publication.js";
import { decoder } from "../support/decoder.js";

const header = new PublicationHeader("c");

function publication(text: string): Publication {
  return new Publication(
    header,
    new Value({ topic: "t", payload: Buffer.from(text), qos: 0, retain: false }, 1),
  );
}

/** A client of a chain. */
class Reader {
  #previous: Uint8Array | undefined;
  read(frame: Buffer): { data: unknown; isDelta: boolean } {
    const { pub } = JSON.parse(frame.toString()).push;
    const { newData, newPrevValue } = decoder.applyDeltaIfNeeded(pub, this.#previous);
    this.#previous = newPrevValue;
    return { data: newData, isDelta: pub.delta === true };
  }
}

const value = (n: number): string => JSON.stringify({ device: "sensor-17 in the kitchen", humidity: 40, n });

test("the first is told in full, those that follow as what has changed", () => {
  const counters = new Counters();
  const chain = new DeltaChain(counters);
  const reader = new Reader();
  for (let n = 0; n < 5; n++)
    assert.deepEqual(reader.read(chain.next(publication(value(n)))), {
      data: JSON.parse(value(n)),
      isDelta: n > 0,
    });
  assert.deepEqual([counters.deltas, counters.deltaBases], [4, 1]);
  assert.ok(counters.deltaBaseBytes > value(0).length);
  chain.close();
  assert.deepEqual([counters.deltaBases, counters.deltaBaseBytes], [0, 0]);
});

test("what would be no shorter, or is too long, is told in full", () => {
  const chain = new DeltaChain(new Counters());
  const reader = new Reader();
  const texts = [
    "1",
    "2",
    value(1),
    '"short"',
    JSON.stringify("x".repeat(LARGEST_DELTA_TEXT)),
    value(2),
    value(3),
  ];
  const told = texts.map((text) => reader.read(chain.next(publication(text))));
  assert.deepEqual(
    told.map(({ data }) => data),
    texts.map((text) => JSON.parse(text)),
  );
  assert.deepEqual(
    told.map(({ isDelta }) => isDelta),
    [false, false, false, false, false, false, true],
  );
});

test("every payload comes through: text, bytes, JSON with its spelling", () => {
  const chain = new DeltaChain(new Counters());
  const reader = new Reader();
  for (const text of ["plain text, ü", '{"a": 1.50,\n"b":"\\u00e9"}', "", "plain text, ö", "null"]) {
    const one = publication(text);
    assert.deepEqual(reader.read(chain.next(one)).data, JSON.parse(one.content.data));
  }
});

test("subscriptions that had the same are given the same bytes, and others what fits them", () => {
  const chains = Array.from({ length: 4 }, () => new DeltaChain(new Counters()));
  const readers = chains.map(() => new Reader());
  const first = publication(value(1));
  for (const [i, chain] of chains.entries()) if (i !== 3) readers[i]?.read(chain.next(first));
  const second = publication(value(2));
  const frames = chains.map((chain) => chain.next(second));
  assert.equal(frames[0], frames[1]);
  assert.equal(frames[0], frames[2]);
  assert.notEqual(frames[0], frames[3]);
  for (const [i, frame] of frames.entries())
    assert.deepEqual(readers[i]?.read(frame), { data: JSON.parse(value(2)), isDelta: i !== 3 });
});

test("against very many different values the rest is told in full", () => {
  const last = publication(value(1_000));
  const frames = Array.from({ length: 40 }, (_, n) => {
    const chain = new DeltaChain(new Counters());
    const reader = new Reader();
    reader.read(chain.next(publication(value(n))));
    return reader.read(chain.next(last));
  });
  assert.ok(frames.every(({ data }) => (data as { n: number }).n === 1_000));
  assert.equal(frames.filter(({ isDelta }) => isDelta).length, 16);
});
