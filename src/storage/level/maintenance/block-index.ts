import { LENGTH } from "../format/block.js";
import type { Reference } from "../format/page.js";
import { SEAL } from "../format/row.js";

/** Where the records of every block begin: 4 bytes for each, so that all blocks of a store fit. */
export class BlockIndex {
  readonly #blocks = new Map<number, { readonly offsets: Uint32Array; readonly end: number }>();
  readonly #used = new Set<number>();

  add(id: number, records: readonly Buffer[]): void {
    const offsets = new Uint32Array(records.length);
    let end = SEAL;
    for (const [index, { length }] of records.entries()) {
      offsets[index] = end + LENGTH;
      end += LENGTH + length;
    }
    this.#blocks.set(id, { offsets, end });
  }

  /** Blocks that no reference was looked up in. */
  get unused(): number {
    return this.#blocks.size - this.#used.size;
  }

  /** Whether the reference leads to a whole record. */
  leadsTo({ block, offset, length }: Reference): boolean {
    const found = this.#blocks.get(block);
    if (!found) return false;
    this.#used.add(block);
    const index = indexOf(found.offsets, offset);
    if (index === -1) return false;
    const next = found.offsets[index + 1];
    return offset + length === (next === undefined ? found.end : next - LENGTH);
  }
}

function indexOf(ascending: Uint32Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = ascending[middle] ?? 0;
    if (found === value) return middle;
    if (found < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
