import { packetSize } from "../protocols/mqtt.js";
import type { Sink } from "./link.js";

/** Walks over the MQTT packets of a stream and hands each on in place, to be used before it returns. */
export class Packets implements Sink {
  readonly #onPacket: (bytes: Buffer, start: number, size: number) => void;
  readonly #onPiece: () => void;
  /** The beginning of a packet whose rest is still to come. */
  #begun = Buffer.alloc(0);

  /** `onPiece` is called when all whole packets of a piece have been handed on. */
  constructor(onPacket: (bytes: Buffer, start: number, size: number) => void, onPiece: () => void) {
    this.#onPacket = onPacket;
    this.#onPiece = onPiece;
  }

  piece(bytes: Buffer, start: number, end: number): void {
    const rest = this.#begun.length > 0 ? this.#finishBegun(bytes, start, end) : start;
    this.#walk(bytes, rest, end);
    this.#onPiece();
  }

  /** Where a WebSocket message ends says nothing of packets [MQTT-6.0.0-4]. */
  end(): void {}

  /** Completes the packet that has begun, as far as there are bytes for it; where the next one begins. */
  #finishBegun(bytes: Buffer, start: number, end: number): number {
    const before = this.#begun.length;
    // Its size may lie in the bytes that come only now.
    const head = Buffer.concat([this.#begun, bytes.subarray(start, Math.min(end, start + 5))]);
    const size = packetSize(head, 0, head.length);
    const stop = Math.min(end, start + size - before);
    this.#begun = Buffer.concat([this.#begun, bytes.subarray(start, stop)]);
    if (this.#begun.length < size) return end;
    const whole = this.#begun;
    this.#begun = Buffer.alloc(0);
    this.#onPacket(whole, 0, size);
    return stop;
  }

  #walk(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const size = packetSize(bytes, at, end);
      if (at + size > end) break;
      this.#onPacket(bytes, at, size);
      at += size;
    }
    if (at < end) this.#begun = Buffer.from(bytes.subarray(at, end));
  }
}
