import type { QoS, StoredMessage } from "../../store.js";
import { endWithin, readNumber } from "./bytes.js";
import { decodeMessage, qosOf } from "./records.js";
import { SEAL } from "./row.js";

/*
 * A page holds messages of one queue with consecutive sequence numbers, the first of which is in its key:
 * seal(4) count(4), then for each message flags(1) length(4) and either its record, or block(8) offset(4) of a record that
 * stands in a block, `length` being that record's. Flags: bits 0-1 QoS of the delivery, bit 2 retain, bit 3 in a block.
 * The highest bit of the count tells that the page refers to blocks.
 */

export const RETAIN = 0b0100;
export const SHARED = 0b1000;
export const HEAD = SEAL + 4;
export const ENTRY = 5;
export const REFERENCE = 12;
/** In the count. */
export const REFERS = 0x8000_0000;
/** A page is closed when it holds this much. */
export const FULL = 16 * 1024;
/** Messages that a page can hold. */
export const MOST_ENTRIES = Math.ceil(FULL / ENTRY);
const NO_BLOCKS: ReadonlySet<number> = new Set();

/** Where a message stands in a block. */
export interface Reference {
  readonly block: number;
  readonly offset: number;
  /** Bytes of its record. */
  readonly length: number;
}

/** One message of a page as it stands there. */
export interface PageEntry {
  readonly qos: QoS;
  readonly retain: boolean;
  readonly length: number;
  readonly reference: Reference | undefined;
  /** Its record, where that is in the page. */
  readonly record: Buffer | undefined;
}

export function countOf(value: Buffer): number {
  return value.readUInt32BE(SEAL) % REFERS;
}

/** The messages of a page, in order. */
export function entriesOf(value: Buffer): PageEntry[] {
  const entries: PageEntry[] = [];
  let at = HEAD;
  for (let left = countOf(value); left > 0; left--) {
    const entry = entryAt(value, at);
    entries.push(entry);
    at += ENTRY + (entry.reference ? REFERENCE : entry.length);
  }
  return entries;
}

function entryAt(value: Buffer, start: number): PageEntry {
  const flags = value.readUInt8(start);
  const length = value.readUInt32BE(start + 1);
  const at = start + ENTRY;
  const qos = qosOf(flags);
  const retain = (flags & RETAIN) !== 0;
  if ((flags & SHARED) === 0) {
    const record = value.subarray(at, endWithin(value, at, length));
    return { qos, retain, length, reference: undefined, record };
  }
  const reference = { block: readNumber(value, at), offset: value.readUInt32BE(at + 8), length };
  return { qos, retain, length, reference, record: undefined };
}

/** The blocks that a page refers to, each once. */
export function blocksOf(value: Buffer): ReadonlySet<number> {
  if (value.readUInt32BE(SEAL) < REFERS) return NO_BLOCKS;
  const blocks = new Set<number>();
  for (const { reference } of entriesOf(value)) if (reference) blocks.add(reference.block);
  return blocks;
}

/** The message of an entry whose record this is, as it goes to the queue's client. */
export function messageOf({ qos, retain }: PageEntry, record: Buffer): StoredMessage {
  const message = decodeMessage(record);
  message.qos = qos;
  message.retain = retain;
  return message;
}
