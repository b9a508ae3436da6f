import { type Condition, Filter } from "./filter.js";

/** The filters in use, each once. Bounded by the subscriptions of all sessions. */
export class Filters {
  readonly #shared = new Map<string, { readonly filter: Filter; uses: number }>();

  get size(): number {
    return this.#shared.size;
  }

  /** The filter of a condition; to be released by everybody who was given it. */
  share(condition: Condition): Filter {
    const { text } = condition;
    const known = this.#shared.get(text);
    if (known) {
      known.uses++;
      return known.filter;
    }
    const filter = new Filter(condition, () => this.#release(text));
    this.#shared.set(text, { filter, uses: 1 });
    return filter;
  }

  #release(text: string): void {
    const shared = this.#shared.get(text);
    if (shared && --shared.uses === 0) this.#shared.delete(text);
  }
}
