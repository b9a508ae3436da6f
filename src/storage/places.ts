/** A slot of this or more stands for a gap: for so many numbers above it. */
const GAP = 0x8000_0000;
const LONGEST_GAP = 0x7fff_ffff;
const NONE = new Uint32Array(0);
const LEAST = 8;

/**
 * What waits in one queue: for each sequence number the message's size, 4 bytes each, so that bounds in messages and bytes are
 * kept without reading the queue. Numbers ascend; those that are passed over are gaps, which take 4 bytes however long
 * they are (and 4 more for each 2^31 numbers).
 */
export class Places {
  /** Sizes and gaps in a ring, beginning at #head with a size. */
  #ring = NONE;
  #head = 0;
  #length = 0;
  /** The number of the ring's first size. */
  #first = 0;
  /** The number after the newest. */
  #next = 0;
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest number that waits; undefined when nothing does. */
  get oldest(): number | undefined {
    return this.#count > 0 ? this.#first : undefined;
  }

  /** Adds a number above all others. The size is below 2^31. */
  push(sequence: number, size: number): void {
    if (this.#count === 0) this.#first = sequence;
    else if (sequence > this.#next) this.#skip(sequence - this.#next);
    this.#append(size);
    this.#next = sequence + 1;
    this.#count++;
    this.#bytes += size;
  }

  /** Takes out every number up to this one. */
  pass(sequence: number): void {
    while (this.#count > 0 && this.#first <= sequence) {
      this.#bytes -= this.#shift();
      this.#count--;
      this.#first++;
      while (this.#count > 0 && this.#oldestSlot >= GAP) this.#first += this.#shift() - GAP;
    }
    if (this.#count === 0) this.#empty();
  }

  get #oldestSlot(): number {
    return this.#ring[this.#head] ?? 0;
  }

  #skip(numbers: number): void {
    for (let left = numbers; left > 0; left -= LONGEST_GAP) this.#append(GAP + Math.min(left, LONGEST_GAP));
  }

  #empty(): void {
    this.#head = 0;
    if (this.#ring.length > LEAST) this.#ring = NONE;
  }

  #shift(): number {
    const slot = this.#oldestSlot;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#length--;
    return slot;
  }

  #append(slot: number): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) % this.#ring.length] = slot;
    this.#length++;
  }

  #grow(): void {
    const ring = new Uint32Array(Math.max(LEAST, this.#ring.length * 2));
    ring.set(this.#ring.subarray(this.#head));
    ring.set(this.#ring.subarray(0, this.#head), this.#ring.length - this.#head);
    this.#ring = ring;
    this.#head = 0;
  }
}
