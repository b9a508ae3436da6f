import { recordIn } from "../format/block.js";
import { blockKey } from "../format/keys.js";
import type { PageEntry, Reference } from "../format/page.js";
import { isIntact } from "../format/row.js";
import type { Database } from "./database.js";

/** Blocks that are kept in memory: 64 KiB each, unless a message is larger. */
const MOST_KEPT = 64;

/** Reads the records of messages, with the blocks used last at hand. */
export class BlockReader {
  readonly #level: Database;
  readonly #kept = new Map<number, Buffer | undefined>();

  constructor(level: Database) {
    this.#level = level;
  }

  /** Undefined: the block is missing or damaged, or does not hold the record. */
  async recordOf({ record, reference }: PageEntry): Promise<Buffer | undefined> {
    if (!reference) return record;
    const block = await this.#block(reference.block);
    return block && endsWithin(block, reference) ? recordIn(block, reference) : undefined;
  }

  async #block(id: number): Promise<Buffer | undefined> {
    const block = this.#kept.has(id) ? this.#kept.get(id) : await this.#read(id);
    this.#kept.delete(id);
    this.#kept.set(id, block);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return block;
  }

  async #read(id: number): Promise<Buffer | undefined> {
    const key = blockKey(id);
    const value = await this.#level.get(key);
    return value && isIntact(key, value) ? value : undefined;
  }
}

function endsWithin(block: Buffer, { offset, length }: Reference): boolean {
  return offset >= 8 && offset + length <= block.length && block.readUInt32BE(offset - 4) === length;
}
