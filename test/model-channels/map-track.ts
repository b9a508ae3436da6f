import type { Truth, View } from "./truth.js";

/** A topic's value, or its removal, as a client of a map is told. */
export interface MapEntry {
  readonly key: string;
  /** 0 when it is removed. */
  readonly n: number;
}

/** What one client of a map has been told, and whether that was right. */
export class MapTrack {
  readonly #view: View;
  readonly #truth: Truth;
  /** Something may be told again after a break. */
  readonly #isPaced: boolean;
  readonly #fault: (text: string) => void;
  readonly #state = new Map<string, number>();
  /** The newest value of each topic that it ever saw. */
  readonly #newest = new Map<string, number>();
  #live = false;

  constructor(view: View, truth: Truth, isPaced: boolean, fault: (text: string) => void) {
    this.#view = view;
    this.#truth = truth;
    this.#isPaced = isPaced;
    this.#fault = fault;
  }

  /** It is given the whole map. */
  sync(entries: readonly MapEntry[]): void {
    this.#state.clear();
    for (const { key, n } of entries) {
      if (this.#state.has(key)) this.#fault(`${key} is in the state twice`);
      if (n < (this.#newest.get(key) ?? 0))
        this.#fault(`state has ${key} = ${n} after ${this.#newest.get(key)}`);
      this.#state.set(key, n);
      this.#newest.set(key, n);
    }
    this.#live = true;
  }

  /** It is given what it missed from now on, and not the whole map. */
  recovered(): void {
    this.#live = true;
  }

  update({ key, n }: MapEntry): void {
    if (!this.#live) this.#fault(`${key} is updated before the map is there`);
    if (n === 0) {
      this.#state.delete(key);
      return;
    }
    const newest = this.#newest.get(key) ?? 0;
    if (n < newest || (n === newest && !this.#isPaced))
      this.#fault(`${key} = ${n} after ${this.#newest.get(key)}`);
    this.#state.set(key, n);
    this.#newest.set(key, n);
  }

  left(): void {
    this.#live = false;
  }

  /** What is not as it should be; undefined when nothing is. */
  get wrong(): string | undefined {
    if (!this.#live) return "it is not live";
    const truth = [...this.#truth.values(this.#view)].sort();
    const state = [...this.#state].sort();
    if (JSON.stringify(truth) === JSON.stringify(state)) return undefined;
    return `it has ${JSON.stringify(state)}, true is ${JSON.stringify(truth)}`;
  }
}
