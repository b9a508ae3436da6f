import type { QoS, StoredMessage, StoredWill } from "../store.js";

/*
 * Value layout of a message: flags(1) topicLength(2) topic payload. Flags: bits 0-1 QoS, bit 2 retain.
 * A will is brokerIdLength(1) brokerId, then a message. An empty value is a released place in a queue.
 */

const RETAIN = 0b100;

export function encodeMessage({ topic, payload, qos, retain }: StoredMessage): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const record = Buffer.allocUnsafe(3 + topicBytes + payload.length);
  record.writeUInt8(qos | (retain ? RETAIN : 0), 0);
  record.writeUInt16BE(topicBytes, 1);
  record.write(topic, 3);
  payload.copy(record, 3 + topicBytes);
  return record;
}

export function decodeMessage(record: Buffer): StoredMessage {
  const flags = record.readUInt8(0);
  const end = 3 + record.readUInt16BE(1);
  return {
    topic: record.toString("utf8", 3, end),
    payload: record.subarray(end),
    qos: (flags & 0b11) as QoS,
    retain: (flags & RETAIN) !== 0,
  };
}

export function encodeWill(will: StoredWill): Buffer {
  const brokerId = Buffer.from(will.brokerId);
  return Buffer.concat([Buffer.from([brokerId.length]), brokerId, encodeMessage(will)]);
}

export function decodeWill(clientId: string, record: Buffer): StoredWill {
  const end = 1 + record.readUInt8(0);
  return { ...decodeMessage(record.subarray(end)), clientId, brokerId: record.toString("utf8", 1, end) };
}
