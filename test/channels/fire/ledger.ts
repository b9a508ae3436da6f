/** One publication: its publisher and its number there. */
export interface Shot {
  readonly from: string;
  readonly n: number;
}

/** What all clients together were told to be at each offset: they have to agree. */
export class Ledger {
  readonly #fault: (text: string) => void;
  readonly #shots = new Map<string, Shot[]>();

  constructor(fault: (text: string) => void) {
    this.#fault = fault;
  }

  told(epoch: string, offset: number, shot: Shot): void {
    const shots = this.#shots.get(epoch) ?? [];
    this.#shots.set(epoch, shots);
    const known = shots[offset];
    shots[offset] = shot;
    if (known && (known.from !== shot.from || known.n !== shot.n))
      this.#fault(
        `offset ${offset} is ${known.from} ${known.n} to one and ${shot.from} ${shot.n} to another`,
      );
  }

  /** Whether each publisher's numbers ascend with the offsets; those that were sent again after a break may repeat. */
  check(mayRepeat: boolean): void {
    for (const shots of this.#shots.values()) {
      const last = new Map<string, number>();
      shots.forEach(({ from, n }, offset) => {
        const before = last.get(from) ?? 0;
        if (n <= before && !mayRepeat) this.#fault(`${from} ${n} at offset ${offset}, after ${before}`);
        last.set(from, Math.max(n, before));
      });
    }
  }

  /** Numbers of a publisher that somebody was told. */
  numbers(publisher: string): Set<number> {
    const numbers = new Set<number>();
    for (const shots of this.#shots.values())
      shots.forEach(({ from, n }) => {
        if (from === publisher) numbers.add(n);
      });
    return numbers;
  }
}
