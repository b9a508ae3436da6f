import type { Level } from "level";
import { ByteCache } from "./byte-cache.js";
import { holds, recordIn } from "./format/block.js";
import { blockKey } from "./format/keys.js";
import type { PageEntry, Reference } from "./format/page.js";
import { isIntact } from "./format/row.js";

/** Blocks are 64 KiB each, unless a message is larger. Queues are read one after the other that hold the same ones. */
const MOST_BYTES = 8 * 1024 * 1024;

interface Block {
  readonly value: Buffer;
  readonly bytes: number;
}

/** Reads the records of messages, with the blocks used last at hand. */
export class BlockReader {
  readonly #level: () => Level<Buffer, Buffer> | Promise<Level<Buffer, Buffer>>;
  readonly #blocks = new ByteCache<number, Block>(MOST_BYTES);

  constructor(level: () => Level<Buffer, Buffer> | Promise<Level<Buffer, Buffer>>) {
    this.#level = level;
  }

  /** Undefined: the block is missing or damaged, or does not hold the record. */
  recordOf({ record, reference }: PageEntry): Buffer | undefined | Promise<Buffer | undefined> {
    if (!reference) return record;
    const block = this.#blocks.get(reference.block);
    if (block) return recordAt(block.value, reference);
    return this.#read(reference.block).then((value) => value && recordAt(value, reference));
  }

  async #read(id: number): Promise<Buffer | undefined> {
    const key = blockKey(id);
    const level = await this.#level();
    const value = await level.get(key);
    if (!value || !isIntact(key, value)) return undefined;
    this.#blocks.set(id, { value, bytes: value.length });
    return value;
  }
}

function recordAt(block: Buffer, reference: Reference): Buffer | undefined {
  return holds(block, reference) ? recordIn(block, reference) : undefined;
}
