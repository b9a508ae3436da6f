import assert from "node:assert/strict";
import { describe, test } from "node:test";
import mqttPacket, { type Packet } from "mqtt-packet";
import { PacketReader } from "../../../src/mqtt/packet-reader.js";

const MAX = 1024 ** 2;

function connectPacket(clientId = "c"): Packet {
  return { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, clientId, keepalive: 0 };
}

function publish(payload: Buffer, qos: 0 | 1 | 2 = 1): Packet {
  return { cmd: "publish", topic: "a/b", payload, qos, messageId: 7, dup: false, retain: false };
}

/** All packets of a stream that arrives in these pieces, as hexadecimal. */
function read(pieces: readonly Buffer[], max = MAX): { packets: string[]; fault: string | undefined } {
  const reader = new PacketReader(max);
  const packets: string[] = [];
  for (const piece of pieces) {
    reader.add(piece);
    while (reader.next()) {
      assert.equal(reader.type, reader.packet[0] ? reader.packet[0] >> 4 : 0);
      packets.push(reader.packet.toString("hex"));
    }
  }
  return { packets, fault: reader.fault };
}

/** A generator of numbers below 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("a packet reader", () => {
  const stream = [
    connectPacket("somebody"),
    publish(Buffer.alloc(0)),
    publish(Buffer.alloc(119, 1)),
    publish(Buffer.alloc(300, 2), 2),
    { cmd: "pingreq" } as Packet,
    { cmd: "puback", messageId: 65_535 } as Packet,
  ].map((packet) => mqttPacket.generate(packet));
  const bytes = Buffer.concat(stream);
  const wanted = stream.map((packet) => packet.toString("hex"));

  test("finds the packets when the stream is cut in two at every byte", () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { packets, fault } = read([bytes.subarray(0, cut), bytes.subarray(cut)]);
      assert.deepEqual([packets, fault], [wanted, undefined], `cut at ${cut}`);
    }
  });

  test("finds them byte by byte", () => {
    assert.deepEqual(read([...bytes].map((byte) => Buffer.of(byte))).packets, wanted);
  });

  test("finds packets of all lengths of header in pieces of random sizes", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const sizes = [0, 1, 118, 119, 16_373, 16_374, 40_000, 70_000];
      const long = [connectPacket()];
      for (let i = 0; i < 6; i++)
        long.push(publish(Buffer.alloc(sizes[Math.floor(next() * sizes.length)] ?? 0, i)));
      const packets = long.map((packet) => mqttPacket.generate(packet));
      const all = Buffer.concat(packets);
      const pieces: Buffer[] = [];
      const largest = next() < 0.5 ? 100 : 65_536;
      for (let at = 0; at < all.length; ) {
        const size = 1 + Math.floor(next() * largest);
        pieces.push(Buffer.from(all.subarray(at, at + size)));
        at += size;
      }
      assert.deepEqual(
        read(pieces).packets,
        packets.map((packet) => packet.toString("hex")),
        `seed ${seed}`,
      );
    }
  });

  test("goes on from where it is when more comes before the packets are taken", () => {
    const reader = new PacketReader(MAX);
    const packets: string[] = [];
    for (let at = 0; at < bytes.length; at += 10) reader.add(bytes.subarray(at, at + 10));
    assert.equal(reader.waiting, bytes.length);
    while (reader.next()) packets.push(reader.packet.toString("hex"));
    assert.deepEqual(packets, wanted);
    assert.equal(reader.waiting, 0);
  });

  test("finds a packet that came before the one ahead of it was taken, however short it is", () => {
    for (const packet of stream) {
      const reader = new PacketReader(MAX);
      reader.add(mqttPacket.generate(connectPacket()));
      reader.add(packet);
      assert.ok(reader.next());
      assert.ok(reader.next(), `${packet.length} bytes`);
      assert.deepEqual(reader.packet, packet);
    }
  });

  test("finds each packet as soon as it is there, whatever came before the earlier ones were taken", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const next = random(seed);
      const reader = new PacketReader(MAX);
      let taken = "";
      for (let at = 0; at < bytes.length; ) {
        for (let pieces = 1 + Math.floor(next() * 3); pieces > 0; pieces--) {
          const end = Math.min(bytes.length, at + 1 + Math.floor(next() * (next() < 0.5 ? 4 : 200)));
          reader.add(bytes.subarray(at, end));
          at = end;
        }
        while (reader.next()) taken += reader.packet.toString("hex");
        const whole = wanted.filter((_, i) => Buffer.concat(stream.slice(0, i + 1)).length <= at);
        assert.equal(taken, whole.join(""), `seed ${seed}, ${at} bytes`);
      }
    }
  });

  test("keeps no more of a large read than the rest that waits", () => {
    const reader = new PacketReader(MAX);
    const chunk = Buffer.alloc(64 * 1024);
    mqttPacket.generate(connectPacket()).copy(chunk);
    const connectBytes = mqttPacket.generate(connectPacket()).length;
    const large = mqttPacket.generate(publish(Buffer.alloc(65_000)));
    large.copy(chunk, connectBytes);
    const end = connectBytes + large.length;
    chunk.set([0x30, 0x7f], end);
    reader.add(chunk.subarray(0, end + 2));
    while (reader.next());
    assert.equal(reader.waiting, 2);
    assert.ok(reader.buffer.buffer.byteLength <= 8_192, "the whole read is kept alive");
  });
});

describe("a packet reader refuses", () => {
  const hello = mqttPacket.generate(connectPacket());
  const refused: Record<string, [Buffer[], RegExp]> = {
    HTTP: [[Buffer.from("GET / HTTP/1.1\r\n\r\n")], /speaks HTTP on an MQTT port/],
    TLS: [[Buffer.of(0x16, 3, 1, 2, 0, 1)], /speaks TLS on a plain MQTT port/],
    "something else at the start": [[Buffer.of(0x30, 0)], /first byte is 0x30, not a CONNECT/],
    "a remaining length of five bytes": [
      [hello, Buffer.of(0x30, 0x80, 0x80, 0x80, 0x80)],
      /more than four bytes/,
    ],
    "a packet over the limit at its header": [
      [hello, Buffer.of(0x30, 0xff, 0xff, 0x7f)],
      /over mqtt.maxPacketSize/,
    ],
    "a packet over the limit while its header is incomplete": [
      [hello, Buffer.of(0x30, 0xff), Buffer.of(0xff, 0xff)],
      /over mqtt.maxPacketSize/,
    ],
    "a CONNECT longer than any can be": [
      [Buffer.of(0x10, 0x80, 0x80, 0x20)],
      /a CONNECT of at least 524288 bytes/,
    ],
  };
  for (const [what, [pieces, reason]] of Object.entries(refused))
    test(what, () => {
      const { fault, packets } = read(pieces);
      assert.match(String(fault), reason);
      assert.ok(packets.length <= 1);
    });
});
