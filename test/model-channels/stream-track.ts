import type { Truth, View } from "./truth.js";

/** A publication as a client of a stream is told. */
export interface StreamEntry {
  readonly topic: string;
  /** 0 for one that clears the topic. */
  readonly n: number;
  /** Undefined for the values that a subscription begins with, and where nothing can be recovered. */
  readonly offset: number | undefined;
  readonly isSnapshot: boolean;
}

/** What one client of a stream has been told, and whether that was right. */
export class StreamTrack {
  readonly #view: View;
  readonly #truth: Truth;
  readonly #hasHistory: boolean;
  readonly #fault: (text: string) => void;
  /** The newest value of each topic, and whether it is of the present subscription. */
  readonly #newest = new Map<string, { n: number; present: boolean }>();
  #offset: number | undefined;
  #live = false;
  recoveries = 0;

  constructor(view: View, truth: Truth, hasHistory: boolean, fault: (text: string) => void) {
    this.#view = view;
    this.#truth = truth;
    this.#hasHistory = hasHistory;
    this.#fault = fault;
  }

  /** It is told how its subscription begins. */
  subscribed(recovered: boolean, offset: number | undefined): void {
    this.#live = true;
    if (this.#hasHistory !== (offset !== undefined)) this.#fault(`it is told the offset ${offset}`);
    if (recovered) {
      this.recoveries++;
      if (offset !== this.#offset) this.#fault(`recovered from ${offset}, it had ${this.#offset}`);
      return;
    }
    this.#offset = offset;
    for (const known of this.#newest.values()) known.present = false;
  }

  publication({ topic, n, offset, isSnapshot }: StreamEntry): void {
    if (!this.#live) this.#fault(`${topic} = ${n} before it is subscribed`);
    if (!isSnapshot && this.#hasHistory) this.#inOrder(topic, n, offset);
    if (n === 0) return;
    const known = this.#newest.get(topic);
    if (known && (n < known.n || (n === known.n && known.present)))
      this.#fault(`${topic} = ${n} after ${known.n}`);
    this.#newest.set(topic, { n, present: true });
  }

  left(): void {
    this.#live = false;
  }

  /** What is not as it should be; undefined when nothing is. */
  get wrong(): string | undefined {
    if (!this.#live) return "it is not live";
    const next = this.#hasHistory ? this.#truth.after(this.#view, this.#offset ?? 0) : undefined;
    if (next !== undefined) return `it has got to ${this.#offset}, and lacks ${next}`;
    for (const [topic, n] of this.#truth.values(this.#view)) {
      const known = this.#newest.get(topic)?.n;
      if (known !== n) return `${topic} is ${n}, it has ${known}`;
    }
    return undefined;
  }

  #inOrder(topic: string, n: number, offset: number | undefined): void {
    const expected = this.#truth.after(this.#view, this.#offset ?? 0);
    if (offset !== expected) this.#fault(`${topic} = ${n} has offset ${offset}, not ${expected}`);
    const fact = this.#truth.published(this.#view, offset ?? 0);
    if (fact?.topic !== topic || fact.n !== n)
      this.#fault(`offset ${offset} is ${JSON.stringify(fact)}, it was told ${topic} = ${n}`);
    this.#offset = offset;
  }
}
