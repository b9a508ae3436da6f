import type { StoredMessage } from "../store.js";
import { BlockBuilder } from "./format/block.js";
import { blockKey } from "./format/keys.js";
import type { Reference } from "./format/page.js";
import type { Operation } from "./operation.js";

/** Which blocks are needed, and those that are being gathered. */
export class Blocks {
  /** Pages that refer to a block. */
  readonly #pages = new Map<number, number>();
  #gathered: BlockBuilder[] = [];
  #unneeded = new Set<number>();
  #next = 1;

  /** Blocks that pages refer to. */
  get size(): number {
    return this.#pages.size;
  }

  /** A block that is on the disk: later ones are numbered above it. */
  found(id: number): void {
    this.#next = Math.max(this.#next, id + 1);
  }

  isNeeded(id: number): boolean {
    return this.#pages.has(id);
  }

  add(message: StoredMessage): Reference {
    let open = this.#gathered.at(-1);
    if (!open || open.isFull) {
      open = new BlockBuilder(this.#next++);
      this.#gathered.push(open);
    }
    return open.add(message);
  }

  /** A page refers to the block. */
  hold(id: number): void {
    this.found(id); // a block that is lost must not get a successor of its name
    this.#pages.set(id, (this.#pages.get(id) ?? 0) + 1);
  }

  /** The page is gone. */
  release(blocks: Iterable<number>): void {
    for (const id of blocks) {
      const pages = this.#pages.get(id) ?? 0;
      if (pages > 1) this.#pages.set(id, pages - 1);
      // A block that is still open may come to be needed again.
      else if (this.#pages.delete(id)) this.#unneeded.add(id);
    }
  }

  /** The rows gathered so far. Pages that go out with them must be held before. */
  take(): Operation[] {
    const operations: Operation[] = [];
    for (const builder of this.#gathered) {
      const key = blockKey(builder.id);
      operations.push({ type: "put", key, value: builder.finish(key) });
    }
    for (const id of this.#unneeded)
      if (!this.isNeeded(id)) operations.push({ type: "del", key: blockKey(id) });
    this.#gathered = [];
    this.#unneeded = new Set();
    return operations;
  }
}
