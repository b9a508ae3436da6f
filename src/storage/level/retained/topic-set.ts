import { randomBytes } from "node:crypto";

const FEWEST_SLOTS = 1024;
/** In quarters: fuller, and a search becomes long. */
const FULLEST = 3;
/** Marks an empty slot, so no hash may have this value. */
const EMPTY = 0;

/**
 * A set of topics that keeps 53 bits of a keyed hash of each, instead of the topic. It takes 8 bytes a slot, at most three
 * quarters of the slots are taken and their number doubles: 11 to 22 bytes a topic, 16.8 MB for a million; while it
 * grows, half of that again.
 *
 * Two topics may share a hash. Then `has` says yes to one that is not there, the size is one too small, and deleting
 * one of them makes the other seem absent. That a new topic meets such a twin among `n` others has the probability
 * n / 2^53, one in nine billion for a million topics. The key is drawn anew for each set, so nobody can look for twins.
 */
export class TopicSet {
  readonly #key0: number;
  readonly #key1: number;
  #slots = new Float64Array(FEWEST_SLOTS);
  #size = 0;

  constructor() {
    const key = randomBytes(8);
    this.#key0 = key.readInt32LE(0);
    this.#key1 = key.readInt32LE(4);
  }

  get size(): number {
    return this.#size;
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  has(topic: string): boolean {
    return this.#slots[this.#find(this.#hash(topic))] !== EMPTY;
  }

  /** Whether it was not there before. */
  add(topic: string): boolean {
    const hash = this.#hash(topic);
    const slot = this.#find(hash);
    if (this.#slots[slot] !== EMPTY) return false;
    this.#slots[slot] = hash;
    this.#size++;
    if (this.#size * 4 > this.#slots.length * FULLEST) this.#grow();
    return true;
  }

  /** Whether it was there. */
  delete(topic: string): boolean {
    const slot = this.#find(this.#hash(topic));
    if (this.#slots[slot] === EMPTY) return false;
    this.#size--;
    this.#vacate(slot);
    return true;
  }

  /** Fills the gap with what stands behind it only because of it, so that no marks of deleted topics pile up. */
  #vacate(gap: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let empty = gap;
    for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
      const hash = slots[slot] ?? EMPTY;
      if (hash === EMPTY) break;
      const distance = (slot - home(hash, mask)) & mask;
      if (distance < ((slot - empty) & mask)) continue; // it would come to stand before its own place
      slots[empty] = hash;
      empty = slot;
    }
    slots[empty] = EMPTY;
  }

  /** The slot that has this hash, or else the empty one where it belongs. */
  #find(hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = home(hash, mask);
    while (slots[slot] !== hash && slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(old.length * 2);
    for (const hash of old) if (hash !== EMPTY) this.#slots[this.#find(hash)] = hash;
  }

  /** HalfSipHash-1-3 over the UTF-16 code units, two to a word; 53 of its 64 bits. */
  #hash(topic: string): number {
    const words = (topic.length >> 1) + 1; // the last one holds the length, and the odd unit
    let v0 = this.#key0;
    let v1 = this.#key1 ^ 0xee;
    let v2 = this.#key0 ^ 0x6c796765;
    let v3 = this.#key1 ^ 0x74656462;
    let high = 0;
    // Six more rounds take in nothing: three before each half of the result.
    for (let index = 0; index < words + 6; index++) {
      const word = index < words ? wordAt(topic, index) : 0;
      if (index === words) v2 ^= 0xee;
      if (index === words + 3) {
        high = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    return (high >>> 11) * 2 ** 32 + ((v1 ^ v3) >>> 0) || 1;
  }
}

function wordAt(topic: string, index: number): number {
  const at = index * 2;
  if (at + 1 < topic.length) return topic.charCodeAt(at) | (topic.charCodeAt(at + 1) << 16);
  const odd = at < topic.length ? topic.charCodeAt(at) : 0;
  return odd | (topic.length << 16);
}

/** Where a hash stands if nothing is in its way. */
function home(hash: number, mask: number): number {
  return (hash >>> 0) & mask;
}
