/** A page of a queue that is on the disk, or will be with the group under way. */
export interface StoredPage {
  readonly first: number;
  readonly last: number;
  /** Blocks that it refers to. */
  readonly blocks: Iterable<number>;
}

/** Pages of one queue that are remembered; of the others it is read what they are when they can go. */
const MOST_KNOWN = 256;

/**
 * Which pages of a queue there are, oldest first. Those of a client that is away are only counted, since there may be
 * many such clients.
 */
export class PageList {
  #known: StoredPage[] = [];
  /** Those at the front that are gone. */
  #gone = 0;
  /** Pages after the known ones, and the lowest number that one of them may begin with. */
  #unknown: number;
  #unknownFrom: number;
  /** Where the first of them ends, as far as that was found out. */
  #unknownEnd = 0;
  #changes = 0;

  constructor(unknown = 0, unknownFrom = 0) {
    this.#unknown = unknown;
    this.#unknownFrom = unknownFrom;
  }

  /** A page was written after all others. */
  add(page: StoredPage, remember: boolean): void {
    // A write that failed late may have been found by then, and its page be done with already.
    if (page.first < this.#unknownFrom) return;
    if (remember && this.#unknown === 0 && this.hasRoom) {
      this.#known.push(page);
      return;
    }
    if (this.#unknown === 0) this.#unknownFrom = page.first;
    this.#unknown++;
  }

  get #length(): number {
    return this.#known.length - this.#gone;
  }

  get isLong(): boolean {
    return this.#length > MOST_KNOWN / 4;
  }

  get hasRoom(): boolean {
    return this.#length < MOST_KNOWN;
  }

  /** The oldest known page if it ends at this number or before; it is taken off the list. */
  takeFirst(upTo: number): StoredPage | undefined {
    const page = this.#known[this.#gone];
    if (!page || page.last > upTo) return undefined;
    this.#gone++;
    if (this.#gone * 2 > this.#known.length) {
      this.#known.splice(0, this.#gone);
      this.#gone = 0;
    }
    return page;
  }

  /** Known pages of which this holds; they are taken off the list. */
  takeAll(holds: (page: StoredPage) => boolean): StoredPage[] {
    const pages = this.#known.slice(this.#gone);
    this.#gone = 0;
    this.#known = pages.filter((page) => !holds(page));
    return pages.filter(holds);
  }

  /** Keeps in mind a page that was unknown. */
  keep(page: StoredPage): void {
    this.#changes++;
    this.#known.push(page);
  }

  /** Where to look for unknown pages that end at this number or before; undefined when there cannot be any. */
  unknownFrom(upTo: number): number | undefined {
    const least = Math.max(this.#unknownFrom, this.#unknownEnd);
    return this.#unknown > 0 && least <= upTo ? this.#unknownFrom : undefined;
  }

  /** An unknown page was found and is taken off the list. */
  takeUnknown({ last }: StoredPage): void {
    this.#unknown--;
    this.#unknownFrom = last + 1;
  }

  /** The first unknown page was found, and cannot go yet. */
  found({ first, last }: Pick<StoredPage, "first" | "last">): void {
    this.#unknownFrom = first;
    this.#unknownEnd = last;
  }

  get unknown(): number {
    return this.#unknown;
  }

  /** So many of the unknown pages are not there. */
  missing(count: number): void {
    this.#unknown -= count;
  }

  /** Grows when it becomes another matter which pages are unknown: what was found out before does not hold any more. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether the first of the unknown pages begins with this number, and may be kept in mind. */
  isNext(first: number): boolean {
    return this.#unknown > 0 && first === this.#unknownFrom && this.hasRoom;
  }

  /** From now on the pages are only counted, with those of `taken`, which are still there. */
  forget(taken: readonly StoredPage[]): void {
    const pages = [...taken, ...this.#known.slice(this.#gone)];
    for (const { first } of pages)
      this.#unknownFrom = this.#unknown++ === 0 ? first : Math.min(this.#unknownFrom, first);
    this.#changes++;
    this.#known = [];
    this.#gone = 0;
    this.#unknownEnd = 0;
  }
}
