import { PUBLISH } from "../protocols/mqtt.js";
import type { Sink } from "../wire/link.js";
import { Packets } from "../wire/packets.js";

const NIBBLE = 0xf0;

/** Counts the messages that a subscription is answered with, and tells when they came. */
export class Harvest implements Sink {
  received = 0;
  /** On the clock of `performance.now`; undefined before the first. */
  firstAt: number | undefined;
  lastAt = 0;
  readonly #wanted: number;
  readonly #packets: Packets;

  constructor(wanted: number) {
    this.#wanted = wanted;
    this.#packets = new Packets(
      (bytes, start) => this.#take(bytes, start),
      () => {},
    );
  }

  get lost(): number {
    return this.#wanted - this.received;
  }

  piece(bytes: Buffer, start: number, end: number): void {
    this.#packets.piece(bytes, start, end);
  }

  end(): void {}

  #take(bytes: Buffer, start: number): void {
    if (((bytes[start] ?? 0) & NIBBLE) !== PUBLISH) return;
    this.lastAt = performance.now();
    this.firstAt ??= this.lastAt;
    this.received++;
  }
}
