/** Of one client, in answers and in characters of what was asked for: a client is not to make us keep whatever it likes. */
const MOST = 1_000;
const MOST_CHARACTERS = 64 * 1024;
const LONGEST = 1_024;

export interface VerdictCounters {
  /** How often what was remembered for a client was given up, to make room. */
  forgotten: number;
}

/** What was asked and answered before. When it is full it starts anew. */
export class Verdicts {
  readonly #counters: VerdictCounters;
  /** Most clients publish to one topic; that needs no map. */
  #last: string | undefined;
  #lastVerdict = 0;
  #others: Map<string, number> | undefined;
  #characters = 0;

  constructor(counters: VerdictCounters) {
    this.#counters = counters;
  }

  get(name: string): number | undefined {
    return name === this.#last ? this.#lastVerdict : this.#others?.get(name);
  }

  set(name: string, verdict: number): void {
    if (name.length > LONGEST) return;
    if (this.#last === undefined) {
      this.#last = name;
      this.#lastVerdict = verdict;
      return;
    }
    this.#others ??= new Map();
    if (this.#others.size >= MOST || this.#characters + name.length > MOST_CHARACTERS) {
      this.#others.clear();
      this.#characters = 0;
      this.#counters.forgotten++;
    }
    this.#others.set(name, verdict);
    this.#characters += name.length;
  }
}
