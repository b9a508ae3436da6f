import type { StoredMessage } from "../../store.js";
import { endWithin } from "./bytes.js";
import type { Reference } from "./page.js";
import { mostBytes, writeMessage } from "./records.js";
import { SEAL, seal } from "./row.js";

/*
 * Messages that several queues hold are written once, in a block: seal(4), then length(4) and record of each. Pages refer to
 * block and offset, which is that of the record. A block goes when no page refers to it any more.
 */

/** Bytes of the length that precedes each record. */
export const LENGTH = 4;
/** A block is closed when it holds this much. */
const FULL = 64 * 1024;

/** A block that is being gathered. */
export class BlockBuilder {
  readonly id: number;
  #length = SEAL;
  #buffer = Buffer.allocUnsafeSlow(4 * 1024);

  constructor(id: number) {
    this.id = id;
  }

  get bytes(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= FULL;
  }

  add(message: StoredMessage): Reference {
    const needed = this.#length + LENGTH + mostBytes(message);
    if (needed > this.#buffer.length) this.#grow(needed);
    const offset = this.#length + LENGTH;
    const end = writeMessage(this.#buffer, offset, message);
    this.#buffer.writeUInt32BE(end - offset, this.#length);
    this.#length = end;
    return { block: this.id, offset, length: end - offset };
  }

  /** The sealed value. */
  finish(key: Buffer): Buffer {
    return seal(key, this.#buffer.subarray(0, this.#length));
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Whether a whole record stands where a page says. */
export function holds(block: Buffer, { offset, length }: Reference): boolean {
  return (
    offset >= SEAL + LENGTH &&
    offset + length <= block.length &&
    block.readUInt32BE(offset - LENGTH) === length
  );
}

/** The record that a page refers to. */
export function recordIn(block: Buffer, reference: Reference): Buffer {
  if (!holds(block, reference)) throw new RangeError("a page and the block that it refers to do not agree");
  return block.subarray(reference.offset, reference.offset + reference.length);
}

/** The records of a block, in order. */
export function* recordsOf(block: Buffer): Generator<Buffer> {
  for (let at = SEAL; at < block.length; ) {
    const start = at + LENGTH;
    const end = endWithin(block, start, block.readUInt32BE(at));
    yield block.subarray(start, end);
    at = end;
  }
}
