import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { Handshakes } from "../../bench/load/clients/handshakes.js";
import { PacketCounter } from "../../bench/load/clients/packet-counter.js";
import { blankPayload, clock, Marks } from "../../bench/load/clients/payload.js";
import { Publisher } from "../../bench/load/clients/publisher.js";
import { UnitCounter } from "../../bench/load/clients/unit-counter.js";
import { mqtt } from "../../bench/load/protocols/mqtt.js";
import { nats } from "../../bench/load/protocols/nats.js";
import { Window } from "../../bench/load/streams/window.js";
import { supply } from "../../bench/load/supply.js";
import { Frames } from "../../bench/load/wire/frames.js";
import { Inbox } from "../../bench/load/wire/inbox.js";
import { Latency } from "../../bench/measure/latency.js";
import { median, medianOf, quantile } from "../../bench/measure/median.js";
import { parseOptions } from "../../bench/options.js";
import { compare } from "../../bench/report/comparison.js";
import { judgeGoals } from "../../bench/report/goals.js";
import { gridOf } from "../../bench/report/grid.js";

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

function counterOf(joined: boolean, every = 97) {
  const latency = new Latency();
  const seen = { pings: 0 };
  const watch = { latency, every, onProgress: () => {} };
  const options = joined ? { joined: { pingBytes: 2, onPing: () => void seen.pings++ } } : {};
  return { counter: new UnitCounter({ size: blank.length, marks }, watch, options), latency, seen };
}

/** Hands the bytes on in pieces of a size. */
function inPieces(bytes: Buffer, size: number, take: (bytes: Buffer, start: number, end: number) => void) {
  for (let at = 0; at < bytes.length; at += size) take(bytes, at, Math.min(at + size, bytes.length));
}

describe("deliveries are counted by their size", () => {
  for (const piece of [1, 7, 50, 107, 108, 109, 1000, 100_000])
    test(`in pieces of ${piece} bytes`, () => {
      const { counter } = counterOf(false);
      const stream = Buffer.concat(deliveries(250));
      inPieces(stream, piece, (...range) => counter.piece(...range));
      assert.equal(counter.count, 250);
    });

  test("and their latency is taken now and then", () => {
    const { counter, latency } = counterOf(false);
    const stream = Buffer.concat(deliveries(1000));
    inPieces(stream, 10_000, (...range) => counter.piece(...range));
    const { samples, max } = latency.summary();
    assert.ok(samples >= 9 && samples <= 11, `${samples} samples`);
    assert.ok(max < 60_000);
  });

  test("and what a subscriber was passed over with is progress", () => {
    const { counter } = counterOf(false);
    const [, , third = blank] = deliveries(3);
    counter.piece(third, 0, third.length);
    assert.equal(counter.count, 1);
    assert.equal(counter.latest, 3);
  });

  test("and those that are out of order are noticed", () => {
    const { counter } = counterOf(false, 1);
    const [one = blank, two = blank, three = blank] = deliveries(3);
    for (const bytes of [one, three, two]) counter.piece(bytes, 0, bytes.length);
    assert.deepEqual([counter.count, counter.disordered], [3, 1]);
  });
});

describe("at QoS 1 and 2", () => {
  const { bytes: publish, idAt = 0 } = mqtt.publication("bench/1", blankPayload(100), 1);
  const unit = { size: publish.length, marks: Marks.in(publish) };
  const delivery = (qos: 1 | 2, id: number) => {
    const bytes = Buffer.from(publish);
    bytes[0] = 0x30 | (qos << 1);
    bytes.writeUInt16BE(id, idAt);
    unit.marks.write(bytes, 0, id, clock());
    return bytes;
  };
  const stream = Buffer.concat([
    ...[1, 2, 300].map((id) => delivery(1, id)),
    ...[4, 5].map((id) => delivery(2, id)),
    Buffer.of(0x62, 2, 0, 4, 0x62, 2, 0, 5),
    Buffer.of(0xd0, 0),
  ]);

  for (const piece of [1, 3, 100, 101, stream.length])
    test(`deliveries are counted and acknowledged in pieces of ${piece} bytes`, () => {
      const sent: Buffer[] = [];
      const watch = { latency: new Latency(), every: 2, onProgress: () => {} };
      const counter = new PacketCounter(unit, idAt, watch, (bytes) => sent.push(bytes));
      inPieces(stream, piece, (...range) => counter.piece(...range));
      const { count, foreign, latest, disordered } = counter;
      // The last packet is none that a subscriber waits for; 4 comes after 300.
      assert.deepEqual({ count, foreign, latest }, { count: 5, foreign: 1, latest: 5 });
      assert.equal(disordered, 0);
      assert.equal(watch.latency.summary().samples, 3);
      const wanted = "40020001 40020002 4002012c 50020004 50020005 70020004 70020005";
      assert.equal(Buffer.concat(sent).toString("hex"), wanted.replaceAll(" ", ""));
    });

  test("a publisher's handshakes end with PUBACK, or after PUBREC with PUBCOMP", () => {
    const latency = new Latency();
    const sent: Buffer[] = [];
    const handshakes = new Handshakes(latency, (bytes) => sent.push(bytes));
    const ids = Array.from({ length: 3 }, () => handshakes.begin(clock()));
    assert.deepEqual([ids, handshakes.open], [[1, 2, 3], 3]);
    const answers = Buffer.of(0x40, 2, 0, 2, 0x50, 2, 0, 1, 0x40, 2, 0, 2);
    inPieces(answers, 5, (...range) => handshakes.piece(...range));
    assert.equal(handshakes.open, 2, "a second PUBACK ends nothing");
    assert.equal(Buffer.concat(sent).toString("hex"), "62020001");
    handshakes.piece(Buffer.of(0x70, 2, 0, 1), 0, 4);
    assert.equal(handshakes.open, 1);
    assert.equal(latency.summary().samples, 2);
  });
});

test("what is to be sent is sent within the window, and over when it is acknowledged", async () => {
  const batches: number[] = [];
  const supplier = {
    ready: true,
    unacknowledged: 0,
    onReady: () => {},
    send(messages: number) {
      batches.push(messages);
      this.unacknowledged += messages;
    },
  };
  let over = false;
  const supplied = supply(supplier, 25, 10).then(() => {
    over = true;
  });
  for (const acknowledged of [4, 10, 10, 0]) {
    supplier.unacknowledged -= acknowledged;
    supplier.onReady();
  }
  await Promise.resolve();
  assert.deepEqual([batches, over], [[10, 4, 10, 1], false]);
  supplier.unacknowledged = 0;
  supplier.onReady();
  await supplied;
});

test("messages of NATS are told apart", async () => {
  const inbox = new Inbox(nats);
  let pings = 0;
  inbox.onPing = () => pings++;
  const { bytes } = nats.publication("bench/1", Buffer.from("a\r\nb"), 0);
  assert.equal(bytes.toString(), "PUB bench.1 4\r\na\r\nb\r\n");
  const stream = Buffer.from("INFO {}\r\nPING\r\nMSG bench.1 1 4\r\na\r\nb\r\nPONG\r\n");
  inPieces(stream, 3, (...range) => inbox.piece(...range));
  const messages = [await inbox.next("1"), await inbox.next("2"), await inbox.next("3")].map(String);
  assert.deepEqual(messages, ["INFO {}\r\n", "MSG bench.1 1 4\r\na\r\nb\r\n", "PONG\r\n"]);
  assert.equal(pings, 1);
});

describe("a publisher", () => {
  test("sends Centrifugo a request for each message, its topics in turns", async (t) => {
    const bodies = new EventEmitter();
    const server = createServer(async (request, response) => {
      const body = JSON.parse(await text(request)) as { channel: string; data: { n: string } };
      response.end("{}");
      bodies.emit("body", request.url, body.channel, Number(body.data.n));
    }).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const options = { name: "p", topic: ["bench/a", "bench/b"], payloadBytes: 100, qos: 0 } as const;
    const publisher = await Publisher.open({ host: "127.0.0.1", port, protocol: "centrifugo-api" }, options);
    t.after(() => publisher.close());
    const seen: unknown[][] = [];
    const three = new Promise<void>((resolve) => {
      bodies.on("body", (...body) => seen.push(body) === 3 && resolve());
    });
    publisher.send(2);
    publisher.send(1);
    await three;
    assert.deepEqual(seen, [
      ["/api/publish", "mqtt:bench/b", 1],
      ["/api/publish", "mqtt:bench/a", 2],
      ["/api/publish", "mqtt:bench/b", 3],
    ]);
    assert.equal(publisher.sent, 3);
  });

  test("wants its topics to be of one length, so that messages differ only in place", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const options = { name: "p", topic: ["a", "bb"], payloadBytes: 100, qos: 0 } as const;
    const opening = Publisher.open({ host: "127.0.0.1", port, protocol: "centrifugo-api" }, options);
    await assert.rejects(opening, /the topics of p are not of one length/);
    server.closeAllConnections();
  });
});

describe("deliveries that are joined in messages", () => {
  const message = (...frames: readonly (Buffer | string)[]) => Buffer.from(frames.map(String).join("\n"));
  const given = (messages: readonly Buffer[]) => {
    const { counter, latency, seen } = counterOf(true);
    for (const bytes of messages) {
      counter.piece(bytes, 0, 30);
      counter.piece(bytes, 30, bytes.length);
      counter.end();
    }
    return {
      count: counter.count,
      latest: counter.latest,
      foreign: counter.foreign,
      pings: seen.pings,
      latency,
    };
  };

  test("are all counted", () => {
    const { count, latest, foreign, pings } = given([message(...deliveries(5)), message(...deliveries(6))]);
    assert.deepEqual({ count, latest, foreign, pings }, { count: 11, latest: 6, foreign: 0, pings: 0 });
  });

  test("are counted beside a ping, wherever it is, and not mistaken for something else", () => {
    const [one = blank, two = blank] = deliveries(2);
    for (const frames of [
      ["{}", one, two],
      [one, "{}", two],
      [one, two, "{}"],
    ]) {
      const { count, foreign, pings, latency } = given([message(...frames), message(one)]);
      assert.deepEqual({ count, foreign, pings }, { count: 3, foreign: 0, pings: 1 });
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

test("a scenario is meant by its whole name, or several by how theirs begin", () => {
  const chosen = (...args: string[]) => parseOptions(args)?.scenarios.map(({ name }) => name);
  assert.deepEqual(chosen("steady"), ["steady"]);
  assert.deepEqual(chosen("stead"), ["steady", "steady-websocket"]);
  assert.deepEqual(chosen("pairs", "idle"), ["pairs", "idle-tcp", "idle-websocket", "idle-channel"]);
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

  test("a quantile is the smallest value that so many do not exceed", () => {
    const values = [5, 1, 4, 2, 3];
    const found = [0, 0.2, 0.21, 0.5, 0.99, 1].map((share) => quantile(values, share));
    assert.deepEqual(found, [1, 1, 2, 3, 5, 5]);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });

  test("the median of rounds is taken of each figure that they have", () => {
    assert.deepEqual(medianOf([{ p50: 1, p99: 5 }, { p50: 3 }, { p50: 2, p99: 7 }]), { p50: 2, p99: 6 });
    assert.equal(medianOf([]), undefined);
  });
});

describe("a report", () => {
  const own = { deliveriesPerSecond: 200, cpuPerDelivery: 1, p50: 1, rss: 100 };
  const peer = { deliveriesPerSecond: 100, cpuPerDelivery: 2, p50: 1, p99: 9, rss: 50 };
  const figures = ["deliveriesPerSecond", "cpuPerDelivery", "p50", "p99", "rss", "max"] as const;
  const ratios = compare(own, peer, figures);

  test("says which way is good, of what both have", () => {
    assert.deepEqual(ratios, [
      { figure: "deliveriesPerSecond", ratio: 2, verdict: "won" },
      { figure: "cpuPerDelivery", ratio: 0.5, verdict: "won" },
      { figure: "p50", ratio: 1, verdict: "even" },
      { figure: "rss", ratio: 2, verdict: "lost" },
    ]);
  });

  test("judges goals, also those against a peer", () => {
    const goals = [
      { figure: "cpuPerDelivery", atMost: 0.9 },
      { figure: "cpuPerDelivery", atMost: 1 },
      { figure: "deliveriesPerSecond", atLeast: 1.5, against: "peer" },
      { figure: "deliveriesPerSecond", atLeast: 1.5, against: "another" },
    ] as const;
    const judged = judgeGoals(goals, own, (name) => (name === "peer" ? ratios : undefined));
    assert.deepEqual(
      judged.map(({ wanted, shown, met }) => [wanted, shown, met]),
      [
        ["<= 0.900", "1.000", false],
        ["<= 1.000", "1.000", true],
        [">= x1.50 peer", "x2.00 peer", true],
        [">= x1.50 another", "not measured", undefined],
      ],
    );
  });

  test("has a column for what was measured, and none for what was not", () => {
    const server = { version: "1", description: "", rounds: [] };
    const servers = [
      { ...server, name: "causeway", median: own, ratios: undefined },
      { ...server, name: "peer", median: peer, ratios },
    ];
    const goals = [
      { figure: "cpuPerDelivery", wanted: "<= 0.900", value: 1, shown: "1.000", met: false },
    ] as const;
    const rest = { name: "s", work: "", rounds: 1, seconds: 1, window: undefined, skipped: [], failures: [] };
    const grid = gridOf({ ...rest, figures, servers, goals });
    assert.deepEqual(grid, [
      ["", "deliveries/s", "CPU us/delivery", "p50 ms", "p99 ms", "RSS MiB"],
      ["causeway", "200", "1.000", "1.00", "-", "0"],
      ["peer", "100", "2.000", "1.00", "9.00", "0"],
      ["goal of causeway", "", "<= 0.900: NOT MET", "", "", ""],
      ["causeway / peer", "x2.0", "x0.50", "x1.0", "", "x2.0 !"],
    ]);
  });
});
