import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Frames } from "../../bench/load/frames.js";
import { blankPayload, clock, Marks } from "../../bench/load/payload.js";
import { UnitCounter } from "../../bench/load/units.js";
import { Window } from "../../bench/load/window.js";
import { Latency } from "../../bench/measure/latency.js";
import { median } from "../../bench/measure/median.js";
import { compare } from "../../bench/report/comparison.js";
import type { Figures } from "../../bench/report/figures.js";

/*
 * What the benchmark's figures rest on: bytes that are counted instead of parsed.
 */

const blank = Buffer.concat([Buffer.from("head"), blankPayload(100), Buffer.from("tail")]);
const marks = Marks.in(blank);

/** Deliveries with the numbers 1 to `count`, sent now. */
function deliveries(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.from(blank);
    marks.write(bytes, 0, index + 1, clock());
    return bytes;
  });
}

function counterOf(separated: boolean) {
  const latency = new Latency();
  return { counter: new UnitCounter({ size: blank.length, marks, separated }, latency, () => {}), latency };
}

describe("deliveries are counted by their size", () => {
  for (const piece of [1, 7, 50, 107, 108, 109, 1000, 100_000])
    test(`in pieces of ${piece} bytes`, () => {
      const { counter } = counterOf(false);
      const stream = Buffer.concat(deliveries(250));
      for (let at = 0; at < stream.length; at += piece)
        counter.piece(stream, at, Math.min(at + piece, stream.length));
      assert.equal(counter.count, 250);
      assert.equal(counter.progress, 250);
    });

  test("and their latency is taken now and then", () => {
    const { counter, latency } = counterOf(false);
    const stream = Buffer.concat(deliveries(1000));
    for (let at = 0; at < stream.length; at += 10_000)
      counter.piece(stream, at, Math.min(at + 10_000, stream.length));
    const { samples, max } = latency.summary();
    assert.ok(samples >= 9 && samples <= 11, `${samples} samples`);
    assert.ok(max < 60_000);
  });

  test("and what a subscriber was passed over with is progress", () => {
    const { counter } = counterOf(false);
    const [, , third = blank] = deliveries(3);
    counter.piece(third, 0, third.length);
    assert.equal(counter.count, 1);
    assert.equal(counter.progress, 3);
  });
});

describe("deliveries that are joined in messages", () => {
  const message = (...frames: readonly (Buffer | string)[]) => Buffer.from(frames.map(String).join("\n"));
  const given = (messages: readonly Buffer[]) => {
    const { counter, latency } = counterOf(true);
    let pings = 0;
    counter.onPing = () => pings++;
    for (const bytes of messages) {
      counter.piece(bytes, 0, 30);
      counter.piece(bytes, 30, bytes.length);
      counter.end();
    }
    return { count: counter.count, progress: counter.progress, foreign: counter.foreign, pings, latency };
  };

  test("are all counted", () => {
    const { count, progress, foreign, pings } = given([message(...deliveries(5)), message(...deliveries(6))]);
    assert.deepEqual({ count, progress, foreign, pings }, { count: 11, progress: 11, foreign: 0, pings: 0 });
  });

  test("are counted beside a ping, wherever it is, and not mistaken for something else", () => {
    const [one = blank, two = blank] = deliveries(2);
    for (const frames of [
      ["{}", one, two],
      [one, "{}", two],
      [one, two, "{}"],
    ]) {
      const { count, progress, foreign, pings, latency } = given([message(...frames), message(one)]);
      assert.deepEqual({ count, foreign, pings }, { count: 3, foreign: 0, pings: 1 });
      assert.equal(progress, 3);
      assert.ok(latency.summary().max < 60_000);
    }
  });

  test("are told from what is neither", () => {
    const [one = blank] = deliveries(1);
    const { count, foreign } = given([
      message('{"push":{"channel":"another","disconnect":{}}}'),
      message(one),
    ]);
    assert.deepEqual({ count, foreign }, { count: 1, foreign: 1 });
  });
});

describe("the frames of a WebSocket", () => {
  const frame = (first: number, payload: Buffer) => {
    if (payload.length < 126) return Buffer.concat([Buffer.of(first, payload.length), payload]);
    const header = Buffer.alloc(payload.length < 65_536 ? 4 : 10);
    header[0] = first;
    header[1] = header.length === 4 ? 126 : 127;
    header.writeUIntBE(
      payload.length,
      header.length - (header.length === 4 ? 2 : 6),
      header.length === 4 ? 2 : 6,
    );
    return Buffer.concat([header, payload]);
  };
  const long = Buffer.alloc(70_000, "l");
  const stream = Buffer.concat([
    frame(0x82, Buffer.from("short")),
    frame(0x82, Buffer.alloc(300, "m")),
    frame(0x02, Buffer.from("first half, ")),
    frame(0x89, Buffer.from("a ping in between")),
    frame(0x80, Buffer.from("second half")),
    frame(0x82, Buffer.alloc(0)),
    frame(0x82, long),
  ]);
  const wanted = ["short", "m".repeat(300), "first half, second half", "", long.toString()];

  for (const piece of [1, 3, 1000, stream.length])
    test(`are found in pieces of ${piece} bytes`, () => {
      const messages: string[] = [];
      let current = "";
      const sink = {
        piece: (bytes: Buffer, start: number, end: number) => {
          current += bytes.toString("latin1", start, end);
        },
        end: () => {
          messages.push(current);
          current = "";
        },
      };
      const frames = new Frames(() => sink);
      for (let at = 0; at < stream.length; at += piece)
        frames.take(stream, at, Math.min(at + piece, stream.length));
      assert.deepEqual(messages, wanted);
      assert.equal(current, "");
    });
});

describe("the window", () => {
  test("gives what has arrived, in batches", () => {
    const window = new Window(80);
    assert.equal(window.room(0, 0, 0), 80);
    assert.equal(window.room(80, 9, 1), 0);
    assert.equal(window.room(80, 10, 2), 10);
  });

  test("gives up what has not arrived for long, once", () => {
    const window = new Window(80);
    assert.equal(window.room(80, 40, 0), 40);
    assert.equal(window.room(120, 40, 499), 0);
    assert.equal(window.room(120, 40, 500), 80);
    assert.equal(window.room(200, 40, 999), 0);
    assert.equal(window.stalls, 1);
  });
});

describe("figures", () => {
  test("percentiles are within a hundredth", () => {
    const latency = new Latency();
    for (let value = 1; value <= 100_000; value++) latency.record(value);
    const { samples, p50, p99, max } = latency.summary();
    assert.equal(samples, 100_000);
    assert.ok(Math.abs(p50 / 50 - 1) < 0.01, `p50 is ${p50}`);
    assert.ok(Math.abs(p99 / 99 - 1) < 0.01, `p99 is ${p99}`);
    assert.equal(max, 100);
  });

  test("the median is the middle, or between the two in the middle", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  test("a comparison says which way is good", () => {
    const figures = (deliveriesPerSecond: number, cpuPerDelivery: number, rss: number): Figures => {
      const rest = { p50: 1, p99: 1, max: 1, peakRss: 1, serverCpu: 1, generatorCpu: 1, otherCpu: 1 };
      return { ...rest, deliveriesPerSecond, cpuPerDelivery, rss };
    };
    const verdicts = compare(figures(200, 1, 100), figures(100, 2, 50)).map(({ figure, verdict }) => [
      figure,
      verdict,
    ]);
    const expected = { deliveriesPerSecond: "won", cpuPerDelivery: "won", rss: "lost", p50: "even" };
    for (const [figure, verdict] of Object.entries(expected))
      assert.deepEqual(
        verdicts.find(([name]) => name === figure),
        [figure, verdict],
      );
  });
});
