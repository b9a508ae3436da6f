import { type Counter, Sight, type Unit, type Watch } from "./counter.js";

export interface UnitCounterOptions {
  /** Between two deliveries in one WebSocket message there is one byte, and a ping of this many bytes may be among them. */
  readonly joined?: { readonly pingBytes: number; readonly onPing: () => void } | undefined;
}

/** Counts the deliveries in a stream of them by their size, and looks into few. */
export class UnitCounter implements Counter {
  count = 0;
  foreign = 0;
  readonly #unit: Unit;
  readonly #watch: Watch;
  readonly #joined: UnitCounterOptions["joined"];
  readonly #sight: Sight;
  /** Distance from one delivery to the next. */
  readonly #stride: number;
  /** Bytes of the current delivery that have gone by. */
  #into = 0;
  #untilLook = 0;

  constructor(unit: Unit, watch: Watch, { joined }: UnitCounterOptions = {}) {
    this.#unit = unit;
    this.#watch = watch;
    this.#joined = joined;
    this.#stride = unit.size + (joined ? 1 : 0);
    this.#sight = new Sight(unit.marks, watch.latency);
  }

  get latest(): number {
    return this.#sight.latest;
  }

  get disordered(): number {
    return this.#sight.disordered;
  }

  piece(bytes: Buffer, start: number, end: number): void {
    const stride = this.#stride;
    // The current delivery may have begun before, and still have its digits in this piece.
    const passed = this.#into > this.#unit.marks.start;
    const first = start - this.#into + (passed ? stride : 0);
    this.#advance(end - start);
    const readable = Math.floor((end - first - this.#unit.marks.end) / stride) + 1;
    if (readable > 0) this.#read(bytes, first, readable);
    this.#watch.onProgress();
  }

  /** The end of a WebSocket message. */
  end(): void {
    if (!this.#joined || this.#into === 0) return;
    // The last delivery has no separator behind it.
    if (this.#into === this.#unit.size) {
      this.#advance(1);
      return;
    }
    // What is left over is a ping, wherever in the message it was.
    if (this.#into === this.#joined.pingBytes) this.#joined.onPing();
    else this.foreign++;
    this.#into = 0;
  }

  #advance(bytes: number): void {
    const total = this.#into + bytes;
    const completed = Math.floor(total / this.#stride);
    this.#into = total - completed * this.#stride;
    this.count += completed;
  }

  /** A ping shifts what comes after it in the same message, so that it does not fit where it is looked for. */
  #read(bytes: Buffer, first: number, readable: number): void {
    let index = this.#untilLook;
    for (; index < readable; index += this.#watch.every)
      this.#sight.look(bytes, first + index * this.#stride);
    this.#untilLook = index - readable;
    this.#sight.place(bytes, first + (readable - 1) * this.#stride);
  }
}
