import type { Latency } from "../measure/latency.js";
import { PING } from "./inbox.js";
import type { Sink } from "./link.js";
import { clock, type Marks } from "./payload.js";

/** Of so many deliveries to a subscriber one has its latency taken. A prime, so that it keeps no step with batches. */
const SAMPLE_EVERY = 97;

/** How a delivery looks on the wire. All are alike but for the digits of their payload. */
export interface Unit {
  readonly size: number;
  readonly marks: Marks;
  /** Deliveries in one WebSocket message have a separator of one byte between them; else they run on. */
  readonly separated: boolean;
}

/** Counts the deliveries in a stream of them by their size, and looks into few. */
export class UnitCounter implements Sink {
  count = 0;
  /** Messages that did not consist of deliveries. */
  foreign = 0;
  onPing: () => void = () => {};
  readonly #unit: Unit;
  readonly #latency: Latency;
  readonly #onProgress: () => void;
  /** Distance from one delivery to the next. */
  readonly #stride: number;
  /** Bytes of the current delivery that have gone by. */
  #into = 0;
  #untilSample = 0;
  #latest = 0;

  constructor(unit: Unit, latency: Latency, onProgress: () => void) {
    this.#unit = unit;
    this.#stride = unit.size + (unit.separated ? 1 : 0);
    this.#latency = latency;
    this.#onProgress = onProgress;
  }

  /** Messages that this subscriber got or was passed over with. */
  get progress(): number {
    return Math.max(this.count, this.#latest);
  }

  piece(bytes: Buffer, start: number, end: number): void {
    const stride = this.#stride;
    // The current delivery may have begun before, and still have its digits in this piece.
    const passed = this.#into > this.#unit.marks.start;
    const first = start - this.#into + (passed ? stride : 0);
    this.#advance(end - start);
    const readable = Math.floor((end - first - this.#unit.marks.end) / stride) + 1;
    if (readable > 0) this.#read(bytes, first, readable);
    this.#onProgress();
  }

  /** The end of a WebSocket message. */
  end(): void {
    if (!this.#unit.separated || this.#into === 0) return;
    // The last delivery has no separator behind it.
    if (this.#into === this.#unit.size) {
      this.#advance(1);
      return;
    }
    // What is left over is a ping, wherever in the message it was.
    if (this.#into === PING.length) this.onPing();
    else this.foreign++;
    this.#into = 0;
  }

  #advance(bytes: number): void {
    const total = this.#into + bytes;
    const completed = Math.floor(total / this.#stride);
    this.#into = total - completed * this.#stride;
    this.count += completed;
  }

  #read(bytes: Buffer, first: number, readable: number): void {
    const { marks } = this.#unit;
    const last = first + (readable - 1) * this.#stride;
    // A ping shifts what comes after it in the same message.
    if (marks.fit(bytes, last)) this.#latest = marks.number(bytes, last);
    let index = this.#untilSample;
    for (; index < readable; index += SAMPLE_EVERY) {
      const at = first + index * this.#stride;
      if (marks.fit(bytes, at)) this.#latency.record(clock() - marks.time(bytes, at));
    }
    this.#untilSample = index - readable;
  }
}
