/** A member of a {@link Recency} list; the links are the list's. */
export class Recent {
  /** @internal */ older: Recent = this;
  /** @internal */ newer: Recent = this;
}

/** Keeps items in the order of their last use; every operation takes the same time, however many there are. */
export class Recency<Item extends Recent> {
  // A ring: the item after the anchor is the oldest, the one before it the newest.
  readonly #anchor = new Recent();

  /** Puts an item, new or known, at the newest place. */
  touch(item: Item): void {
    unlink(item);
    const last = this.#anchor.older;
    item.older = last;
    item.newer = this.#anchor;
    last.newer = item;
    this.#anchor.older = item;
  }

  remove(item: Item): void {
    unlink(item);
  }

  clear(): void {
    unlink(this.#anchor);
  }

  get oldest(): Item | undefined {
    const first = this.#anchor.newer;
    return first === this.#anchor ? undefined : (first as Item);
  }
}

function unlink(item: Recent): void {
  item.older.newer = item.newer;
  item.newer.older = item.older;
  item.older = item;
  item.newer = item;
}
