/** What can be kept for later. */
export interface Holdable {
  readonly topic: string;
  /** About how much memory it takes. */
  readonly bytes: number;
  /** To be called before it outlives the turn that it came in. */
  keep(): void;
}

/** What there is to know of the item with which a topic began to wait. */
export interface FirstOf {
  /** About how much memory it takes. */
  readonly bytes: number;
}

/** For whoever needs to know nothing of it. */
export const NOTHING: FirstOf = { bytes: 0 };

/** A topic that waits. */
export interface Waiting<Item, First> {
  /** The newest of the topic. */
  item: Item;
  readonly first: First;
}

interface Place<Item, First> extends Waiting<Item, First> {
  next: Place<Item, First> | undefined;
}

/**
 * The newest item of every topic, in the order in which the topics began to wait: a newer one takes the place of the older, so that
 * no topic is overtaken again and again by those that change more often.
 */
export class Latest<Item extends Holdable, First extends FirstOf> {
  readonly #places = new Map<string, Place<Item, First>>();
  #oldest: Place<Item, First> | undefined;
  #newest: Place<Item, First> | undefined;
  #bytes = 0;

  get size(): number {
    return this.#places.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): Waiting<Item, First> | undefined {
    return this.#oldest;
  }

  /** False when it replaced an older one. */
  put(item: Item, first: First): boolean {
    const place = this.#places.get(item.topic);
    this.#bytes += item.bytes - (place?.item.bytes ?? 0);
    if (place) {
      place.item = item;
      return false;
    }
    this.#bytes += first.bytes;
    const added = { item, first, next: undefined };
    if (this.#newest) this.#newest.next = added;
    else this.#oldest = added;
    this.#newest = added;
    this.#places.set(item.topic, added);
    return true;
  }

  /** The one whose topic has waited longest, which waits no more. */
  take(): Waiting<Item, First> | undefined {
    const place = this.#oldest;
    if (!place) return undefined;
    this.#oldest = place.next;
    if (!place.next) this.#newest = undefined;
    this.#bytes -= place.item.bytes + place.first.bytes;
    this.#places.delete(place.item.topic);
    return place;
  }

  clear(): void {
    this.#places.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#bytes = 0;
  }
}
