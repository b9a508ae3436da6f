import type { Protocol } from "./protocol.js";

/*
 * The packets of MQTT 3.1.1 that a load needs.
 */

export const CONNACK = 0x20;
export const PUBLISH = 0x30;
export const PUBACK = 0x40;
export const PUBREC = 0x50;
/** With the flags that it has to have [MQTT-3.6.1-1]. */
export const PUBREL = 0x62;
export const PUBCOMP = 0x70;
const SUBSCRIBE = 0x82;
const SUBACK = 0x90;

const PROTOCOL_LEVEL = 4;
const CLEAN_SESSION = 0x02;

export const mqtt: Protocol = {
  opcode: "binary",
  subprotocol: "mqtt",
  messageSize: (bytes) => packetSize(bytes, 0, bytes.length),
  async connect(client, name, kept) {
    const flags = kept ? 0 : CLEAN_SESSION;
    // Keep-alive 0: nothing else than the load is to be on the wire.
    const header = Buffer.from([0, 4, ...Buffer.from("MQTT"), PROTOCOL_LEVEL, flags, 0, 0]);
    client.send(packet(0x10, header, text(name)));
    const answer = await client.inbox.next("CONNACK");
    if (answer[0] !== CONNACK || answer[3] !== 0)
      throw new Error(`CONNECT was answered with ${answer.toString("hex")}`);
  },
  async subscribe(client, filters, qos) {
    const list = filters.flatMap((filter) => [text(filter), Buffer.of(qos)]);
    client.send(packet(SUBSCRIBE, Buffer.of(0, 1), ...list));
    const answer = await client.inbox.next("SUBACK");
    const granted = answer.subarray(-filters.length);
    if (answer[0] !== SUBACK || granted.some((code) => code !== qos))
      throw new Error(`SUBSCRIBE at QoS ${qos} was answered with ${answer.toString("hex", 0, 40)}`);
  },
  publication(topic, payload, qos) {
    const id = qos > 0 ? Buffer.of(0, 0) : Buffer.of();
    const bytes = packet(PUBLISH | (qos << 1), text(topic), id, payload);
    return qos > 0 ? { bytes, idAt: bytes.length - payload.length - id.length } : { bytes };
  },
};

/** Bytes of the packet that begins at `start` [MQTT-2.2.3]; infinite when that cannot be told before `end`. */
export function packetSize(bytes: Buffer, start: number, end: number): number {
  let length = 0;
  for (let digit = 0; digit < 4; digit++) {
    if (start + 1 + digit >= end) return Number.POSITIVE_INFINITY;
    const byte = bytes[start + 1 + digit] ?? 0;
    length += (byte & 0x7f) << (7 * digit);
    if (byte < 0x80) return 2 + digit + length;
  }
  throw new Error("the server sent a packet whose remaining length has more than four bytes");
}

/** Where the packet identifier of a PUBLISH at QoS 1 or 2 is, which is where its topic name ends [MQTT-2.3.1]. */
export function packetIdAt(bytes: Buffer, start: number): number {
  let at = start + 1;
  while ((bytes[at] ?? 0) >= 0x80) at++;
  const topicAt = at + 1;
  return topicAt + 2 + bytes.readUInt16BE(topicAt);
}

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = [first];
  for (let rest = body.length; ; ) {
    const digit = rest & 0x7f;
    rest >>>= 7;
    header.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) return Buffer.concat([Buffer.from(header), body]);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}
