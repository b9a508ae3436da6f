import type { Numbers } from "./fields.js";

/** The numbers of one message and when it arrived, in ms. */
export interface Sample extends Numbers {
  readonly at: number;
}

/** The last numeric samples of one topic, oldest first; at the bound the oldest goes. */
export class History {
  #samples: Sample[] = [];

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  get last(): Sample | undefined {
    return this.#samples[this.#samples.length - 1];
  }

  add(numbers: Numbers, at: number, limit: number): void {
    if (numbers.names.length === 0) return;
    // Messages of one topic mostly look alike: one list of names then serves them all.
    const before = this.last?.names;
    const names = before && sameNames(before, numbers.names) ? before : numbers.names;
    this.#samples.push({ at, names, values: numbers.values });
    this.trim(limit);
  }

  trim(limit: number): void {
    if (this.#samples.length <= limit) return;
    if (this.#samples.length === limit + 1) this.#samples.shift();
    else this.#samples.splice(0, this.#samples.length - limit);
  }
}

/** Every field that occurs in the samples, those of the newest message first. */
export function fieldsOf(samples: readonly Sample[]): string[] {
  const fields = new Set<string>();
  let names: readonly string[] | undefined;
  for (let i = samples.length - 1; i >= 0 && fields.size < 32; i--) {
    const sample = samples[i];
    if (!sample || sample.names === names) continue;
    names = sample.names;
    for (const name of names) fields.add(name);
  }
  return [...fields];
}

/** One field over time, as the two columns that a chart wants (time in seconds). */
export function columnsOf(samples: readonly Sample[], field: string): [number[], number[]] {
  const times: number[] = [];
  const values: number[] = [];
  for (const sample of samples) {
    const value = sample.values[sample.names.indexOf(field)];
    if (value === undefined) continue;
    times.push(sample.at / 1000);
    values.push(value);
  }
  return [times, values];
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
