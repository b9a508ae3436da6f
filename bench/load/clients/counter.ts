import type { Latency } from "../../measure/latency.js";
import type { Sink } from "../wire/link.js";
import { clock, type Marks } from "./payload.js";

/** How a delivery looks on the wire. All are alike but for their digits and packet identifiers. */
export interface Unit {
  readonly size: number;
  readonly marks: Marks;
}

/** What is looked into, and who is told. */
export interface Watch {
  readonly latency: Latency;
  /** Of so many deliveries to a subscriber one has its latency taken. */
  readonly every: number;
  readonly onProgress: () => void;
}

/** Counts deliveries. */
export interface Counter extends Sink {
  readonly count: number;
  /** Messages that did not consist of deliveries. */
  readonly foreign: number;
  /** Number of the latest message. */
  readonly latest: number;
  /** Deliveries that were looked into and had a number no greater than the one before. */
  readonly disordered: number;
}

/** What is seen by looking into some of the deliveries. */
export class Sight {
  latest = 0;
  disordered = 0;
  readonly #marks: Marks;
  readonly #latency: Latency;

  constructor(marks: Marks, latency: Latency) {
    this.#marks = marks;
    this.#latency = latency;
  }

  /** Where in time a delivery is. */
  place(bytes: Buffer, at: number): void {
    if (this.#marks.fit(bytes, at)) this.latest = this.#marks.number(bytes, at);
  }

  /** Its latency, and whether it is in order. */
  look(bytes: Buffer, at: number): void {
    if (!this.#marks.fit(bytes, at)) return;
    this.#latency.record(clock() - this.#marks.time(bytes, at));
    const number = this.#marks.number(bytes, at);
    if (number <= this.latest) this.disordered++;
    this.latest = number;
  }
}
