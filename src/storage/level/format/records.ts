import type { QoS, StoredMessage, StoredWill } from "../../store.js";
import { endWithin } from "./bytes.js";

/*
 * A message: flags(1) time(6) topicLength(2) topic [propertiesLength(4) properties] payload.
 * Flags: bits 0-1 QoS, bit 2 retain, bit 3 properties follow. Time: milliseconds since 1970.
 * A will: brokerIdLength(1) brokerId, then a message.
 * A session: nothing while its client is connected, else time(6) since when it is away.
 * A subscription: QoS(1).
 */

const RETAIN = 0b0100;
const PROPERTIES = 0b1000;
/** Bytes of a time. */
const TIME = 6;
const HEAD = 1 + TIME + 2;

/** Bytes that the record takes at most; the topic is not measured. */
export function mostBytes({ topic, payload, properties }: StoredMessage): number {
  return HEAD + 3 * topic.length + 4 + (properties?.length ?? 0) + payload.length;
}

/** Writes a record into `target`, which has room for it; gives where it ends. */
export function writeMessage(target: Buffer, at: number, message: StoredMessage): number {
  const { topic, payload, qos, retain, time, properties } = message;
  target[at] = qos | (retain ? RETAIN : 0) | (properties ? PROPERTIES : 0);
  target.writeUIntBE(time, at + 1, TIME);
  const topicBytes = target.write(topic, at + HEAD);
  target.writeUInt16BE(topicBytes, at + 1 + TIME);
  let end = at + HEAD + topicBytes;
  if (properties) {
    end = target.writeUInt32BE(properties.length, end);
    end += properties.copy(target, end);
  }
  target.set(payload, end);
  return end + payload.length;
}

export function encodeMessage(message: StoredMessage, spare = 0): Buffer {
  const record = Buffer.allocUnsafe(spare + mostBytes(message));
  return record.subarray(0, writeMessage(record, spare, message));
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** @throws {RangeError} when the record ends too early, as all that decodes does. */
export function decodeMessage(record: Buffer): Writable<StoredMessage> {
  const flags = record.readUInt8(0);
  const time = record.readUIntBE(1, TIME);
  const topicEnd = endWithin(record, HEAD, record.readUInt16BE(1 + TIME));
  const topic = record.toString("utf8", HEAD, topicEnd);
  const qos = qosOf(flags);
  const retain = (flags & RETAIN) !== 0;
  if ((flags & PROPERTIES) === 0) return { topic, payload: record.subarray(topicEnd), qos, retain, time };
  const end = endWithin(record, topicEnd + 4, record.readUInt32BE(topicEnd));
  const properties = record.subarray(topicEnd + 4, end);
  return { topic, payload: record.subarray(end), qos, retain, time, properties };
}

/** The QoS in bits 0 and 1, of which one value means none. */
export function qosOf(flags: number): QoS {
  const qos = flags & 0b11;
  if (qos === 3) throw new RangeError("there is no QoS 3");
  return qos as QoS;
}

export function encodeWill(will: StoredWill): Buffer {
  const brokerId = Buffer.from(will.brokerId);
  const record = encodeMessage(will, 1 + brokerId.length);
  record.writeUInt8(brokerId.length, 0);
  brokerId.copy(record, 1);
  return record;
}

export function decodeWill(clientId: string, record: Buffer): StoredWill {
  const end = endWithin(record, 1, record.readUInt8(0));
  return { ...decodeMessage(record.subarray(end)), clientId, brokerId: record.toString("utf8", 1, end) };
}

export function encodeSession(awaySince: number | undefined): Buffer {
  if (awaySince === undefined) return Buffer.alloc(0);
  const record = Buffer.allocUnsafe(TIME);
  record.writeUIntBE(awaySince, 0, TIME);
  return record;
}

export function decodeSession(record: Buffer): number | undefined {
  return record.length === 0 ? undefined : record.readUIntBE(0, TIME);
}
