/** A map that holds so many entries; at the bound the one that was not asked for longest is forgotten. */
export class RecentMap<Value> {
  /** Since the start. */
  forgotten = 0;
  readonly #entries = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#renew(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#renew(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
    this.forgotten++;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** A map keeps the order in which keys came: the last is the newest. */
  #renew(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
  }
}
