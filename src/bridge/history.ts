import type { Position } from "../gateway/channels.js";
import { newEpoch } from "./epoch.js";
import type { Value } from "./value.js";

/** The last publications of one channel. Offsets are consecutive within an epoch. */
export class History {
  #epoch: string;
  /** Oldest first; those before `#start` are gone. */
  #values: (Value | undefined)[] = [];
  #start = 0;
  /** The offset of the newest publication. */
  #offset: number;
  bytes = 0;

  constructor(position: Position = { epoch: newEpoch(), offset: 0 }) {
    this.#epoch = position.epoch;
    this.#offset = position.offset;
  }

  get position(): Position {
    return { epoch: this.#epoch, offset: this.#offset };
  }

  get offset(): number {
    return this.#offset;
  }

  get size(): number {
    return this.#values.length - this.#start;
  }

  /** The offset of the oldest publication that is held; that of the next one when none is. */
  get first(): number {
    return this.#offset - this.size + 1;
  }

  /** When the oldest publication came in. */
  get oldestTime(): number | undefined {
    return this.#values[this.#start]?.time;
  }

  add(value: Value): number {
    this.#values.push(value);
    this.bytes += value.bytes;
    return ++this.#offset;
  }

  at(offset: number): Value | undefined {
    return offset > this.#offset ? undefined : this.#values[this.#start + offset - this.first];
  }

  /** Whether everything after the position is held. */
  knows({ epoch, offset }: Position): boolean {
    return epoch === this.#epoch && offset <= this.#offset && offset >= this.first - 1;
  }

  removeOldest(): void {
    const oldest = this.#values[this.#start];
    if (!oldest) return;
    this.bytes -= oldest.bytes;
    this.#values[this.#start++] = undefined;
    // Taken from its front one by one, an array would be copied each time.
    if (this.#start < 32 || this.#start * 2 < this.#values.length) return;
    this.#values = this.#values.slice(this.#start);
    this.#start = 0;
  }

  /** Begins anew: no position that anybody has is known any more. */
  reset(): void {
    this.#epoch = newEpoch();
    this.#values = [];
    this.#start = 0;
    this.#offset = 0;
    this.bytes = 0;
  }
}
