import assert from "node:assert/strict";
import { test } from "node:test";
import mqttPacket from "mqtt-packet";
import { Message, pubrelPacket } from "../../../src/mqtt/message.js";

/** What another implementation makes of the bytes. */
function parse(bytes: Buffer) {
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  const packets: mqttPacket.Packet[] = [];
  parser.on("packet", (packet) => packets.push(packet));
  parser.on("error", (error) => assert.fail(error));
  assert.equal(parser.parse(bytes), 0, "bytes are left over");
  assert.equal(packets.length, 1);
  return packets[0];
}

for (const size of [0, 1, 100, 121, 122, 16_377, 16_378, 70_000, 2_097_145, 2_097_146])
  test(`a message of ${size} bytes is encoded as others read it`, () => {
    const payload = Buffer.alloc(size, "x");
    const message = new Message({ topic: "a/ü", payload, qos: 2, retain: true });
    for (const retain of [false, true]) {
      const plain = parse(message.packet(retain));
      assert.deepEqual(plain && { ...plain, length: 0 }, {
        ...{ cmd: "publish", retain, qos: 0, dup: false, length: 0, topic: "a/ü", payload },
      });
    }
    for (const qos of [1, 2] as const)
      for (const dup of [false, true]) {
        const parsed = parse(Buffer.concat(message.parts(qos, 65_535, dup, false)));
        assert.ok(parsed?.cmd === "publish");
        assert.deepEqual(
          [parsed.qos, parsed.dup, parsed.retain, parsed.messageId, parsed.payload.length],
          [qos, dup, false, 65_535, size],
        );
      }
  });

test("the same packet is shared by all who get it", () => {
  const message = new Message({ topic: "a", payload: Buffer.from("b"), qos: 1, retain: false });
  assert.equal(message.packet(), message.packet());
  assert.equal(message.parts(1, 7, false, false)[0], message.parts(1, 7, false, false)[0]);
  const large = new Message({ topic: "a", payload: Buffer.alloc(10_000), qos: 1, retain: false });
  const [one, two] = [large.parts(1, 1, false, false), large.parts(1, 2, false, false)];
  assert.equal(one[0], two[0]);
  assert.equal(one[2], two[2]);
  assert.notDeepEqual(one[1], two[1]);
});

test("a QoS 0 packet goes out as it came in, and a kept message lets go of the read it came in", () => {
  const read = Buffer.concat([Buffer.from([0x30, 4, 0, 1, 0x61, 0x62]), Buffer.alloc(60_000)]);
  const content = { topic: "a", payload: read.subarray(5, 6), qos: 0, retain: false } as const;
  const message = new Message(content, read.subarray(0, 6));
  assert.equal(message.packet().buffer, read.buffer);
  message.keep();
  assert.deepEqual(message.packet(), read.subarray(0, 6));
  assert.ok(message.packet().buffer.byteLength < 60_000);
  assert.ok(message.payload.buffer.byteLength < 60_000);
});

test("PUBREL has its reserved flag [MQTT-3.6.1-1]", () => {
  const parsed = parse(pubrelPacket(258));
  assert.ok(parsed?.cmd === "pubrel");
  assert.equal(parsed.messageId, 258);
});
