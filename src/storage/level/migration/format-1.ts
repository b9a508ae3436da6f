import { isUtf8 } from "node:buffer";
import type { QoS, StoredMessage, StoredWill } from "../../store.js";
import { readNumber } from "../format/bytes.js";
import type { Range } from "../format/keys.js";

/*
 * Format 1, which nothing writes any more. A key is one byte for its kind, then its parts:
 *
 *   0x10 length(2) clientId                       session; the value is empty
 *   0x11 length(2) clientId filter                subscription: QoS(1)
 *   0x12 length(2) clientId sequence(8)           queued message; an empty value: PUBREC for it has come
 *   0x13 length(2) clientId packetId(2)           incoming QoS 2 packet identifier; the value is empty
 *   0x14 length(2) clientId                       will: brokerIdLength(1) brokerId message
 *   0x20 topic                                    retained message
 *
 * A message: flags(1) topicLength(2) topic payload. Flags: bits 0-1 QoS, bit 2 retain. Numbers are big endian.
 */

const Kind = { session: 0x10, subscription: 0x11, queued: 0x12, incoming: 0x13, will: 0x14, retained: 0x20 };
const RETAIN = 0b100;
const ID = 3;
/** Of a name in a log line. */
const MOST_SHOWN = 100;

/** Every row of format 1, in the order: sessions, subscriptions, queues, incoming identifiers, wills, retained messages. */
export const OLD_ROWS: Range = { gte: Buffer.from([Kind.session]), lt: Buffer.from([Kind.retained + 1]) };

export type OldRow =
  | { readonly kind: "session"; readonly clientId: string }
  | { readonly kind: "subscription"; readonly clientId: string; readonly filter: string; readonly qos: QoS }
  | OldPlace
  | { readonly kind: "incoming"; readonly clientId: string; readonly packetId: number }
  | { readonly kind: "will"; readonly will: StoredWill }
  | { readonly kind: "retained"; readonly message: StoredMessage };

/** A place in a queue. */
export interface OldPlace {
  readonly kind: "queued";
  readonly clientId: string;
  readonly sequence: number;
  /** Absent: it was released. */
  readonly message?: StoredMessage;
}

/** Undefined: the row is damaged. Messages have no time in format 1; `time` is taken. */
export function readOldRow(key: Buffer, value: Buffer, time: number): OldRow | undefined {
  if (key[0] === Kind.retained) {
    const message = readMessage(value, time);
    return message && message.topic === text(key.subarray(1)) ? { kind: "retained", message } : undefined;
  }
  const client = readClient(key);
  if (!client) return undefined;
  const { clientId, suffix } = client;
  switch (key[0]) {
    case Kind.session:
      return suffix.length === 0 ? { kind: "session", clientId } : undefined;
    case Kind.subscription:
      return readSubscription(clientId, suffix, value);
    case Kind.queued:
      return suffix.length === 8 ? readPlace(clientId, readNumber(suffix, 0), value, time) : undefined;
    case Kind.incoming:
      return suffix.length === 2
        ? { kind: "incoming", clientId, packetId: suffix.readUInt16BE(0) }
        : undefined;
    case Kind.will:
      return suffix.length === 0 ? readWill(clientId, value, time) : undefined;
    default:
      return undefined;
  }
}

/** Whose row it is, as far as a damaged one tells. */
export function ownerOf(key: Buffer): { client: string } | { topic: string } {
  const shown = (bytes: Buffer) => bytes.toString().slice(0, MOST_SHOWN);
  if (key[0] === Kind.retained) return { topic: shown(key.subarray(1)) };
  return { client: readClient(key)?.clientId.slice(0, MOST_SHOWN) ?? shown(key.subarray(ID)) };
}

function readClient(key: Buffer): { clientId: string; suffix: Buffer } | undefined {
  if (key.length < ID) return undefined;
  const end = ID + key.readUInt16BE(1);
  const clientId = end <= key.length ? text(key.subarray(ID, end)) : undefined;
  return clientId === undefined ? undefined : { clientId, suffix: key.subarray(end) };
}

function readSubscription(clientId: string, suffix: Buffer, value: Buffer): OldRow | undefined {
  const filter = text(suffix);
  const qos = value[0];
  if (!filter || value.length !== 1 || !isQoS(qos)) return undefined;
  return { kind: "subscription", clientId, filter, qos };
}

function readPlace(clientId: string, sequence: number, value: Buffer, time: number): OldRow | undefined {
  if (!Number.isSafeInteger(sequence) || sequence === 0) return undefined;
  if (value.length === 0) return { kind: "queued", clientId, sequence };
  const message = readMessage(value, time);
  return message && message.qos > 0 ? { kind: "queued", clientId, sequence, message } : undefined;
}

function readWill(clientId: string, value: Buffer, time: number): OldRow | undefined {
  const end = 1 + (value[0] ?? 0);
  const brokerId = text(value.subarray(1, end));
  const message = readMessage(value.subarray(end), time);
  return brokerId && message ? { kind: "will", will: { ...message, clientId, brokerId } } : undefined;
}

function readMessage(record: Buffer, time: number): StoredMessage | undefined {
  if (record.length < 3) return undefined;
  const flags = record.readUInt8(0);
  const qos = flags & ~RETAIN;
  const end = 3 + record.readUInt16BE(1);
  const topic = end <= record.length ? text(record.subarray(3, end)) : undefined;
  if (!topic || topic.includes("\0") || !isQoS(qos)) return undefined;
  return { topic, payload: record.subarray(end), qos, retain: (flags & RETAIN) !== 0, time };
}

function isQoS(value: number | undefined): value is QoS {
  return value === 0 || value === 1 || value === 2;
}

function text(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
}
