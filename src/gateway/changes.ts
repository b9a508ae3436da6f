/** Counts how often accounts, keys or rights have become others, so that everybody sees whether what it knows of them still holds. */
export class Changes {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  changed(): void {
    this.#count++;
  }
}
