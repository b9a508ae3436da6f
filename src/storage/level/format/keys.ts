import { endWithin, readNumber, writeNumber } from "./bytes.js";

/*
 * Key layout, format 2. A key is one byte for its kind, then its parts. A client identifier is preceded by its length, so
 * that the rows of `dev1` never reach into those of `dev10`; topics and filters come last and need no length.
 *
 *   0x01                                          format version, decimal text; the only row that is not sealed
 *   0x40 length(2) clientId                       session
 *   0x41 length(2) clientId filter                subscription
 *   0x42 length(2) clientId sequence(8)           page of a queue, by the number of its first message
 *   0x43 length(2) clientId packetId(2)           incoming QoS 2 packet identifier
 *   0x44 length(2) clientId                       will
 *   0x45 length(2) clientId                       state of a queue
 *   0x50 topic, levels separated by 0x00          retained message
 *   0x60 id(8)                                    block of messages that several queues share
 *   0x70 length(2) name offset(8)                 entry of a stream
 *
 * Numbers are big endian. Values are described in row.ts (the seal), records.ts, page.ts, state.ts, block.ts and
 * stream-entry.ts. Format 1 used 0x10 to 0x20: see ../migration.ts.
 */

export const Kind = {
  version: 0x01,
  session: 0x40,
  subscription: 0x41,
  page: 0x42,
  incoming: 0x43,
  will: 0x44,
  state: 0x45,
  retained: 0x50,
  block: 0x60,
  stream: 0x70,
} as const;

export type Kind = (typeof Kind)[keyof typeof Kind];

export interface Range {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

export const versionKey = Buffer.from([Kind.version]);

/** `spare` bytes are left for what follows the client identifier. */
function newClientKey(kind: number, clientId: string, spare: number): Buffer {
  const length = Buffer.byteLength(clientId);
  const key = Buffer.allocUnsafe(3 + length + spare);
  key[0] = kind;
  key.writeUInt16BE(length, 1);
  key.write(clientId, 3);
  return key;
}

export function clientKey(kind: number, clientId: string): Buffer {
  return newClientKey(kind, clientId, 0);
}

export function subscriptionKey(clientId: string, filter: string): Buffer {
  const length = Buffer.byteLength(filter);
  const key = newClientKey(Kind.subscription, clientId, length);
  key.write(filter, key.length - length);
  return key;
}

export function pageKey(clientId: string, sequence: number): Buffer {
  const key = newClientKey(Kind.page, clientId, 8);
  writeNumber(key, sequence, key.length - 8);
  return key;
}

/** The name of a stream stands where a client identifier stands elsewhere, and is read as one. */
export function streamKey(name: string, offset: number): Buffer {
  const key = newClientKey(Kind.stream, name, 8);
  writeNumber(key, offset, key.length - 8);
  return key;
}

export function incomingKey(clientId: string, packetId: number): Buffer {
  const key = newClientKey(Kind.incoming, clientId, 2);
  key.writeUInt16BE(packetId, key.length - 2);
  return key;
}

export function blockKey(id: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = Kind.block;
  writeNumber(key, id, 1);
  return key;
}

export function blockIdOf(key: Buffer): number {
  return readNumber(key, 1);
}

/** Whether the key of a page or of a stream's entry ends with a number that can have been given. */
export function hasSequence(key: Buffer): boolean {
  return key.length - clientEnd(key) === 8 && key.readUInt32BE(key.length - 8) < 0x20_0000;
}

/** The number at the end of the key of a page or of a stream's entry. */
export function readSequence(key: Buffer): number {
  return readNumber(key, key.length - 8);
}

/** The client identifier of a key, and what follows it. */
export function readClientKey(key: Buffer): { clientId: string; suffix: Buffer } {
  const end = clientEnd(key);
  return { clientId: key.toString("utf8", 3, end), suffix: key.subarray(end) };
}

/** Whether a key holds the client identifier whose length it tells. */
export function isClientKey(key: Buffer): boolean {
  return key.length >= 3 && key.length >= 3 + key.readUInt16BE(1);
}

/** Where the client identifier of a key ends. */
export function clientEnd(key: Buffer): number {
  return endWithin(key, 3, key.readUInt16BE(1));
}

export function kindRange(kind: number): Range {
  return { gte: Buffer.from([kind]), lt: Buffer.from([kind + 1]) };
}

/** All rows of a kind that belong to a client. */
export function clientRange(kind: number, clientId: string): Range {
  const start = clientKey(kind, clientId);
  return { gte: start, lt: successor(start) };
}

/** The first key after this one, whatever it may be. */
export function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** The smallest key that is greater than every key with this prefix. */
export function successor(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  let last = next.length - 1;
  while (next[last] === 0xff) last--;
  next.writeUInt8(next.readUInt8(last) + 1, last);
  return next.subarray(0, last + 1);
}
