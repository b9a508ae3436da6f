import { type Entry, entriesIn, type Handle, isWhole, TRAILER } from "./table-block.js";
import { readVarint } from "./varint.js";

/*
 * A table ends in a footer of 48 bytes: the handles (offset and size, varints) of the block with further information and of
 * the index, zeroes, and 8 bytes that mark it. The index has an entry for each block of rows, whose value is its handle.
 */

export const FOOTER = 48;
export const MAGIC = Buffer.from("57fb808b247547db", "hex");
/** Bytes of checksums that are computed in search of blocks, when the index does not tell where they are. */
const MOST_SEARCHED = 2 ** 31;
/** No block that is searched for is larger. */
const LARGEST = 1024 * 1024;

export interface TableDamage {
  /** Blocks of rows that cannot be read; undefined: the index cannot, so that nobody knows. */
  readonly blocks: number | undefined;
  /** Where the first of the damaged bytes may be. */
  readonly offset: number;
}

/** A file with rows in their order. LevelDB itself does not look at its checksums, and may end the process over one. */
export class Table {
  readonly #file: Buffer;
  /** Undefined: footer or index is damaged. */
  readonly #blocks: readonly Handle[] | undefined;
  readonly #others: readonly Handle[];

  constructor(file: Buffer) {
    this.#file = file;
    const footer = readFooter(file);
    this.#blocks = footer && readHandles(file, footer.index);
    this.#others = this.#blocks && footer ? [...this.#furtherBlocks(footer.further), footer.index] : [];
  }

  /** Undefined: every byte is as it was written. */
  get damage(): TableDamage | undefined {
    if (!this.#blocks) return { blocks: undefined, offset: this.#file.length - FOOTER };
    const damaged = this.#blocks.filter((handle) => !isWhole(this.#file, handle));
    const first = damaged[0] ?? this.#others.find((handle) => !isWhole(this.#file, handle));
    return first && { blocks: damaged.length, offset: first.offset };
  }

  /** The entries of each block of rows, in order; undefined for a block that cannot be read. */
  *blocks(): Generator<Entry[] | undefined> {
    if (!this.#blocks) return yield* this.#search();
    for (const handle of this.#blocks)
      yield isWhole(this.#file, handle) ? readEntries(this.#file, handle) : undefined;
  }

  #furtherBlocks(further: Handle): Handle[] {
    if (!isWhole(this.#file, further)) return [further];
    return [...(readHandles(this.#file, further) ?? []), further];
  }

  /** Blocks stand one after the other: each is found by its checksum, up to the first that cannot be. */
  *#search(): Generator<Entry[] | undefined> {
    let searched = 0;
    let offset = 0;
    const limit = () => Math.min(this.#file.length - TRAILER, offset + LARGEST);
    for (let end = offset; end <= limit() && searched < MOST_SEARCHED; end++) {
      const type = this.#file[end] as number;
      if (type > 1) continue;
      searched += end - offset;
      const handle = { offset, size: end - offset };
      if (!isWhole(this.#file, handle)) continue;
      yield readEntries(this.#file, handle);
      offset = end + TRAILER;
      end = offset - 1;
    }
    yield undefined;
  }
}

function readFooter(file: Buffer): { further: Handle; index: Handle } | undefined {
  if (file.length < FOOTER || !file.subarray(-8).equals(MAGIC)) return undefined;
  try {
    const footer = file.subarray(-FOOTER);
    const { handle: further, end } = readHandle(footer, 0);
    return { further, index: readHandle(footer, end).handle };
  } catch {
    return undefined;
  }
}

function readHandles(file: Buffer, block: Handle): Handle[] | undefined {
  if (!isWhole(file, block)) return undefined;
  return readEntries(file, block)?.map(({ value }) => readHandle(value, 0).handle);
}

function readHandle(bytes: Buffer, start: number): { handle: Handle; end: number } {
  const offset = readVarint(bytes, start);
  const size = readVarint(bytes, offset.end);
  return { handle: { offset: offset.value, size: size.value }, end: size.end };
}

function readEntries(file: Buffer, handle: Handle): Entry[] | undefined {
  try {
    return entriesIn(file, handle);
  } catch {
    return undefined;
  }
}
