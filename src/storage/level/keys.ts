/*
 * Key layout. A key is one byte for its kind, then its parts. A client identifier is preceded by its length, so that
 * the rows of `dev1` never reach into those of `dev10`; topics and filters come last and need no length.
 *
 *   0x01                                          format version, decimal text
 *   0x10 length(2) clientId                       session
 *   0x11 length(2) clientId filter                subscription
 *   0x12 length(2) clientId sequence(8)           queued message
 *   0x13 length(2) clientId packetId(2)           incoming QoS 2 packet identifier
 *   0x14 length(2) clientId                       will
 *   0x20 topic                                    retained message
 */

export const Kind = {
  version: 0x01,
  session: 0x10,
  subscription: 0x11,
  queued: 0x12,
  incoming: 0x13,
  will: 0x14,
  retained: 0x20,
} as const;

type Kind = (typeof Kind)[keyof typeof Kind];

export interface Range {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

export const versionKey = Buffer.from([Kind.version]);

export function clientKey(kind: Kind, clientId: string, suffix: Buffer = EMPTY): Buffer {
  const id = Buffer.from(clientId);
  const head = Buffer.allocUnsafe(3);
  head.writeUInt8(kind, 0);
  head.writeUInt16BE(id.length, 1);
  return Buffer.concat([head, id, suffix]);
}

export function subscriptionKey(clientId: string, filter: string): Buffer {
  return clientKey(Kind.subscription, clientId, Buffer.from(filter));
}

export function queueKey(clientId: string, sequence: number): Buffer {
  const suffix = Buffer.allocUnsafe(8);
  suffix.writeBigUInt64BE(BigInt(sequence));
  return clientKey(Kind.queued, clientId, suffix);
}

export function incomingKey(clientId: string, packetId: number): Buffer {
  const suffix = Buffer.allocUnsafe(2);
  suffix.writeUInt16BE(packetId);
  return clientKey(Kind.incoming, clientId, suffix);
}

export function retainedKey(topic: string): Buffer {
  return Buffer.concat([Buffer.from([Kind.retained]), Buffer.from(topic)]);
}

/** The client identifier of a key, and what follows it. */
export function readClientKey(key: Buffer): { clientId: string; suffix: Buffer } {
  const end = 3 + key.readUInt16BE(1);
  return { clientId: key.toString("utf8", 3, end), suffix: key.subarray(end) };
}

export function readSequence(suffix: Buffer): number {
  return Number(suffix.readBigUInt64BE(0));
}

export function kindRange(kind: Kind): Range {
  return { gte: Buffer.from([kind]), lt: Buffer.from([kind + 1]) };
}

export function clientRange(kind: Kind, clientId: string): Range {
  const start = clientKey(kind, clientId);
  return { gte: start, lt: successor(start) };
}

/** Every retained topic that starts with the prefix, which is any text. */
export function retainedRange(prefix: string): Range {
  const start = retainedKey(prefix);
  return { gte: start, lt: successor(start) };
}

/** The smallest key that is greater than every key with this prefix. */
function successor(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  let last = next.length - 1;
  while (next[last] === 0xff) last--;
  next.writeUInt8(next.readUInt8(last) + 1, last);
  return next.subarray(0, last + 1);
}

const EMPTY = Buffer.alloc(0);
