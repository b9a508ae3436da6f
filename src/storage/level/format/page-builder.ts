import type { QoS, StoredMessage } from "../../store.js";
import { writeNumber } from "./bytes.js";
import { ENTRY, FULL, HEAD, REFERENCE, REFERS, RETAIN, type Reference, SHARED } from "./page.js";
import { mostBytes, writeMessage } from "./records.js";
import { SEAL, seal } from "./row.js";

const LEAST = 256;
const EMPTY = Buffer.alloc(0);
/** Memory of pages that were written, for those that come. */
const SPARE_BUFFERS: Buffer[] = [];
const MOST_SPARE = 64;

/** A page that is being gathered. */
export class PageBuilder {
  readonly first: number;
  count = 0;
  /** Blocks that it refers to, each once. */
  readonly blocks: number[] = [];
  #buffer: Buffer;
  #length = HEAD;

  constructor(first: number) {
    this.first = first;
    this.#buffer = SPARE_BUFFERS.pop() ?? Buffer.allocUnsafe(LEAST);
  }

  get last(): number {
    return this.first + this.count - 1;
  }

  get bytes(): number {
    return this.#length;
  }

  /** Whether a message with this number may follow. */
  takes(sequence: number): boolean {
    return sequence === this.first + this.count && this.#length < FULL;
  }

  /** Gives the bytes of the record. */
  add(message: StoredMessage, qos: QoS, retain: boolean): number {
    this.#ensure(ENTRY + mostBytes(message));
    const start = this.#length + ENTRY;
    const end = writeMessage(this.#buffer, start, message);
    this.#enter(qos | (retain ? RETAIN : 0), end - start);
    this.#length = end;
    return end - start;
  }

  /** Whether it did not refer to that block before. */
  addReference({ block, offset, length }: Reference, qos: QoS, retain: boolean): boolean {
    this.#ensure(ENTRY + REFERENCE);
    const at = this.#length + ENTRY;
    writeNumber(this.#buffer, block, at);
    this.#buffer.writeUInt32BE(offset, at + 8);
    this.#enter(qos | SHARED | (retain ? RETAIN : 0), length);
    this.#length = at + REFERENCE;
    if (this.blocks.includes(block)) return false;
    this.blocks.push(block);
    return true;
  }

  /** The sealed value. The builder must not be used any more, and the value not after `recycle`. */
  finish(key: Buffer): Buffer {
    this.#buffer.writeUInt32BE(this.count + (this.blocks.length > 0 ? REFERS : 0), SEAL);
    return seal(key, this.#buffer.subarray(0, this.#length));
  }

  /** Lets another page use the memory. */
  recycle(): void {
    if (this.#buffer.length <= 2 * FULL && SPARE_BUFFERS.length < MOST_SPARE)
      SPARE_BUFFERS.push(this.#buffer);
    this.#buffer = EMPTY;
  }

  #enter(flags: number, length: number): void {
    this.#buffer[this.#length] = flags;
    this.#buffer.writeUInt32BE(length, this.#length + 1);
    this.count++;
  }

  #ensure(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
