import type { QoS, StoredMessage, StoredOwner, StoredSession, StoredWill } from "../../store.js";
import { endWithin } from "./bytes.js";

/*
 * A message: flags(1) time(6) topicLength(2) topic [propertiesLength(4) properties] payload.
 * Flags: bits 0-1 QoS, bit 2 retain, bit 3 properties follow. Time: milliseconds since 1970.
 * A will: [0(1) flags(1) userLength(2) user] brokerIdLength(1) brokerId, then a message. What is in brackets is there when the
 * owner is known; no broker's identifier is empty otherwise. Flags: bit 0 stated rights, bit 1 the owner is known.
 * A session whose owner is not known: nothing while its client is connected, else time(6) since when it is away.
 * Another: time(6) flags(1) user. Flags: bit 0 stated rights, bit 2 away; when it is not, the time is 0.
 * A subscription: QoS(1).
 */

const RETAIN = 0b0100;
const PROPERTIES = 0b1000;
/** Of an owner. */
const STATED = 0b001;
const KNOWN = 0b010;
const AWAY = 0b100;
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
  const head = encodeOwner(will);
  const brokerId = Buffer.from(will.brokerId);
  const record = encodeMessage(will, head.length + 1 + brokerId.length);
  head.copy(record);
  record.writeUInt8(brokerId.length, head.length);
  brokerId.copy(record, head.length + 1);
  return record;
}

export function decodeWill(clientId: string, record: Buffer): StoredWill {
  const start = record.readUInt8(0) === 0 ? endWithin(record, 4, record.readUInt16BE(2)) : 0;
  const end = endWithin(record, start + 1, record.readUInt8(start));
  const brokerId = record.toString("utf8", start + 1, end);
  const will = { ...decodeMessage(record.subarray(end)), clientId, brokerId };
  const flags = start === 0 ? 0 : record.readUInt8(1);
  return flags & KNOWN ? { ...will, owner: decodeOwner(flags, record.subarray(4, start)) } : will;
}

function encodeOwner({ owner, brokerId }: StoredWill): Buffer {
  if (!owner && brokerId !== "") return Buffer.alloc(0);
  const user = Buffer.from(owner?.user ?? "");
  const head = Buffer.alloc(4 + user.length);
  head.writeUInt8(owner ? KNOWN | (owner.stated ? STATED : 0) : 0, 1);
  head.writeUInt16BE(user.length, 2);
  user.copy(head, 4);
  return head;
}

function decodeOwner(flags: number, user: Buffer): StoredOwner {
  return { user: user.toString(), stated: (flags & STATED) !== 0 };
}

/** What the row of a session tells. */
export type SessionRecord = Pick<StoredSession, "awaySince" | "owner">;

export function encodeSession({ awaySince, owner }: SessionRecord): Buffer {
  if (awaySince === undefined && !owner) return Buffer.alloc(0);
  const user = Buffer.from(owner?.user ?? "");
  const record = Buffer.alloc(owner ? TIME + 1 + user.length : TIME);
  record.writeUIntBE(awaySince ?? 0, 0, TIME);
  if (!owner) return record;
  record.writeUInt8((owner.stated ? STATED : 0) | (awaySince === undefined ? 0 : AWAY), TIME);
  user.copy(record, TIME + 1);
  return record;
}

export function decodeSession(record: Buffer): SessionRecord {
  if (record.length === 0) return {};
  const awaySince = record.readUIntBE(0, TIME);
  if (record.length === TIME) return { awaySince };
  const flags = record.readUInt8(TIME);
  const owner = decodeOwner(flags, record.subarray(TIME + 1));
  return flags & AWAY ? { awaySince, owner } : { owner };
}
