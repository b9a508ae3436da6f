export interface Sized {
  readonly bytes: number;
}

/** Keeps what was used last, as much as `most` bytes of it. */
export class ByteCache<K, V extends Sized> {
  readonly #most: number;
  readonly #entries = new Map<K, V>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#bytes += value.bytes;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#most) return;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= value.bytes;
  }
}
