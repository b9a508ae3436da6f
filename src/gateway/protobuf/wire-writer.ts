/** The bit of a varint's byte that says that another follows; the other seven are its digits. */
const CONTINUED = 0x80;
const LONGEST_VARINT = 10;

/** Writes messages into bytes that grow as they need. */
export class WireWriter {
  #bytes: Buffer;
  #end = 0;

  /** `room` is how long it will probably be. */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  /** What has been written. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** A whole number from 0. */
  varint(value: number): void {
    this.#reserve(LONGEST_VARINT);
    let rest = value;
    // Not by shifting: offsets have more than 32 bits.
    for (; rest >= CONTINUED; rest = Math.floor(rest / CONTINUED))
      this.#bytes[this.#end++] = (rest % CONTINUED) | CONTINUED;
    this.#bytes[this.#end++] = rest;
  }

  /** Text, after its length. */
  string(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.#reserve(length);
    this.#end += this.#bytes.write(text, this.#end);
  }

  /** A part of `source`, after its length. */
  copy(source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.varint(length);
    this.#reserve(length);
    source.copy(this.#bytes, this.#end, start, end);
    this.#end += length;
  }

  /** Begins something that has its length before it; gives what {@link close} needs. */
  open(): number {
    this.#reserve(1);
    return this.#end++;
  }

  close(opened: number): void {
    const start = opened + 1;
    const length = this.#end - start;
    const more = sizeOf(length) - 1;
    this.#reserve(LONGEST_VARINT);
    // Most are so short that one byte was enough for the length.
    if (more > 0) this.#bytes.copyWithin(start + more, start, this.#end);
    this.#end = opened;
    this.varint(length);
    this.#end += length;
  }

  #reserve(length: number): void {
    if (this.#end + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#end + length));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}

function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest >= CONTINUED; rest = Math.floor(rest / CONTINUED)) size++;
  return size;
}
