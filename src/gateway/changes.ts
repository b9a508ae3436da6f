import type { GateChange } from "../access/gate.js";

/** Counts how often accounts, keys or rights have become others, so that everybody sees whether what it knows of them still holds. */
export class Changes {
  #count = 0;
  #rights = 0;

  get count(): number {
    return this.#count;
  }

  /** How often rights have. */
  get rights(): number {
    return this.#rights;
  }

  changed(change: GateChange): void {
    this.#count++;
    if (change === "rights") this.#rights++;
  }
}
