import { type FileHandle, open } from "node:fs/promises";
import {
  BLOCK,
  type Fragment,
  findRecord,
  fragmentAt,
  HEADER,
  type Rows,
  rowsOf,
  Type,
} from "./log-record.js";

export interface LogScan {
  /** Whole records, wherever they are. */
  readonly records: number;
  /**
   * Something that cannot be read is followed by records: what was written there is lost, though what came later is
   * not.
   */
  readonly damage?: {
    /** Where the first such place begins. */
    readonly offset: number;
    readonly recordsAfter: number;
  };
  /** The log ends in something that is no whole record, as a crash while it was written leaves it. */
  readonly tornTail: boolean;
}

const BLOCKS_PER_READ = 32;

/** Reads a log of LevelDB, which itself passes over in silence what is damaged in one. */
export async function scanLog(path: string): Promise<LogScan> {
  const file = await open(path, "r");
  try {
    const scan = new Scan();
    const buffer = Buffer.allocUnsafe(BLOCKS_PER_READ * BLOCK);
    let bytes = buffer.length;
    for (let offset = 0; bytes === buffer.length; offset += bytes) {
      bytes = await readFully(file, buffer, offset);
      for (let place = 0; place < bytes; place += BLOCK)
        scan.block(buffer.subarray(place, Math.min(place + BLOCK, bytes)), offset + place);
    }
    return scan.end();
  } finally {
    await file.close();
  }
}

async function readFully(file: FileHandle, buffer: Buffer, offset: number): Promise<number> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, offset + length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) return length;
  }
}

class Scan {
  #records = 0;
  #damage: { offset: number; recordsAfter: number } | undefined;
  /** Where something begins that cannot be read and that no record has followed yet. */
  #unreadable: number | undefined;
  /** Where the record begins whose end has not come yet, and what it says of its rows. */
  #begun: { offset: number; rows: Rows | undefined } | undefined;
  /** The last whole record's end, and the number that the row after it has. */
  #end = 0;
  #nextRow: number | undefined;

  block(block: Buffer, offset: number): void {
    let place: number | undefined = 0;
    while (place !== undefined && place + HEADER <= block.length) {
      const fragment = fragmentAt(block, place);
      if (fragment) {
        this.#take(fragment, block, offset, offset + place);
        place = fragment.end;
      } else {
        this.#lose(offset + place);
        place = findRecord(block, place + 1, this.#expects(offset));
      }
    }
    const isLast = block.length < BLOCK;
    if (isLast && place !== undefined && place < block.length) this.#lose(offset + place);
  }

  end(): LogScan {
    if (this.#begun) this.#lose(this.#begun.offset);
    const tornTail = this.#unreadable !== undefined;
    return { records: this.#records, tornTail, ...(this.#damage ? { damage: this.#damage } : {}) };
  }

  #take(fragment: Fragment, block: Buffer, blockOffset: number, offset: number): void {
    const { type } = fragment;
    const begins = type === Type.full || type === Type.first;
    if (begins === (this.#begun !== undefined)) this.#lose(this.#begun?.offset ?? offset);
    if (begins) this.#begun = { offset, rows: rowsOf(block, fragment) };
    if (type === Type.full || type === Type.last) this.#complete(blockOffset + fragment.end);
  }

  #complete(end: number): void {
    if (!this.#begun) return; // the end of a record that has lost its beginning
    const { rows } = this.#begun;
    this.#begun = undefined;
    this.#records++;
    this.#end = end;
    this.#nextRow = rows && rows.sequence + rows.count;
    if (this.#unreadable !== undefined) this.#damage ??= { offset: this.#unreadable, recordsAfter: 0 };
    this.#unreadable = undefined;
    if (this.#damage) this.#damage.recordsAfter++;
  }

  #lose(offset: number): void {
    this.#begun = undefined;
    this.#unreadable ??= offset;
  }

  /** Rows are numbered without a gap, and none takes less than a byte of what cannot be read. */
  #expects(blockOffset: number): (rows: Rows) => boolean {
    const next = this.#nextRow;
    if (next === undefined) return ({ sequence }) => sequence < 2 ** 53;
    const most = next + (blockOffset + BLOCK - this.#end);
    return ({ sequence }) => sequence >= next && sequence <= most;
  }
}
