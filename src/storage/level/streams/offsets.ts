/** Which offsets a stream has. They are mostly consecutive, so that only the ends of runs are kept. */
export class Offsets {
  /** First and last offset of each run, ascending. */
  #ends: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get first(): number | undefined {
    return this.#ends[0];
  }

  get last(): number | undefined {
    return this.#ends.at(-1);
  }

  /** Adds an offset above all others. */
  push(offset: number): void {
    if (this.last === offset - 1) this.#ends[this.#ends.length - 1] = offset;
    else this.#ends.push(offset, offset);
    this.#count++;
  }

  /** Takes out every offset up to this one. */
  take(upTo: number): number[] {
    const taken: number[] = [];
    let runs = 0;
    for (const ends = this.#ends; runs < ends.length; runs += 2) {
      const end = Math.min(ends[runs + 1] ?? 0, upTo);
      let offset = ends[runs] ?? 0;
      for (; offset <= end; offset++) taken.push(offset);
      if (end < (ends[runs + 1] ?? 0)) {
        ends[runs] = offset;
        break;
      }
    }
    if (runs > 0) this.#ends.splice(0, runs);
    this.#count -= taken.length;
    return taken;
  }
}
