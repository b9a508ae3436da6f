import { promisify } from "node:util";
import { constants, deflateRaw } from "node:zlib";
import type { Counters } from "./counters.js";

export interface CompressionOptions {
  /** Smaller messages are sent as they are, in bytes. */
  readonly threshold: number;
  /** 1 is fast, 9 thorough. */
  readonly level: number;
  /** How many messages are compressed at a time. */
  readonly concurrency: number;
}

const deflate = promisify(deflateRaw);
/** What every compressed message ends with, and the protocol leaves out [RFC 7692, 7.2.1]. */
const TAIL_BYTES = 4;

/**
 * Compresses messages. None refers to those before it, so one that many sessions are sent is compressed once for them all, and no
 * session needs memory for it.
 */
export class Compression {
  readonly options: CompressionOptions;
  readonly #compressed = new WeakMap<Buffer, Promise<Buffer>>();
  /** Bounded by what sessions have in their outboxes. */
  readonly #waiting: (() => void)[] = [];
  readonly #counters: Pick<Counters, "messagesCompressed">;
  #running = 0;

  constructor(options: CompressionOptions, counters: Pick<Counters, "messagesCompressed">) {
    this.options = options;
    this.#counters = counters;
  }

  compress(message: Buffer): Promise<Buffer> {
    const known = this.#compressed.get(message);
    if (known) return known;
    const compressed = this.#compress(message);
    this.#compressed.set(message, compressed);
    return compressed;
  }

  async #compress(message: Buffer): Promise<Buffer> {
    await this.#turn();
    try {
      const { level } = this.options;
      const compressed = await deflate(message, { level, finishFlush: constants.Z_SYNC_FLUSH });
      this.#counters.messagesCompressed++;
      return compressed.subarray(0, -TAIL_BYTES);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= this.options.concurrency)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
  }
}
