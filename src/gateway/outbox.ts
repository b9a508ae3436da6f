import type { Batch } from "../outbox/batch.js";
import type { Turn } from "../outbox/turn.js";
import type { Counters } from "./counters.js";
import type { Transport } from "./transport.js";

/** A message to a client is not much longer than this: some client libraries refuse messages over 1 MiB. */
const MESSAGE_BYTES = 64 * 1024;
/** How far over the bound one turn may go before the session had any chance to read. */
const BURST = 4;

export interface OutboxOptions {
  readonly turn: Turn;
  readonly transport: Transport;
  readonly framing: Framing;
  /** Bytes that may wait. */
  readonly bound: number;
  readonly counters: Counters;
  /** Called at the end of a turn, never from within `append`. */
  readonly overflow: () => void;
}

/** `joined`: the frames of a turn are one message, with newlines between them. `apart`: each frame is a message of its own. */
export type Framing = "joined" | "apart";

/**
 * What waits for one session. Everything given to it within a turn goes out as one message. The bound is held against what earlier
 * turns left unread, since a client that is well can not read in the midst of a turn; one turn alone may reach {@link BURST} times it.
 */
export class Outbox {
  readonly #turn: Turn;
  readonly #transport: Transport;
  readonly #framing: Framing;
  readonly #bound: number;
  readonly #counters: Counters;
  readonly #overflow: () => void;
  #tail: Batch | undefined;
  #dirty = false;
  #overflown = false;
  #closed = false;
  #drained: (() => void) | undefined;
  readonly #taken = (): void => this.#drained?.();

  constructor(options: OutboxOptions) {
    this.#turn = options.turn;
    this.#transport = options.transport;
    this.#framing = options.framing;
    this.#bound = options.bound;
    this.#counters = options.counters;
    this.#overflow = options.overflow;
  }

  /** Bytes that the client has not taken. */
  get waiting(): number {
    return (this.#tail?.bytes ?? 0) + this.#transport.waiting;
  }

  append(frame: Buffer): void {
    if (!this.#dirty) this.#begin();
    if (this.#overflown || this.#closed) return;
    const tail = (this.#tail ?? this.#turn.start).with(frame);
    this.#tail = tail;
    if (tail.bytes >= MESSAGE_BYTES) this.#send();
  }

  flush(): void {
    this.#dirty = false;
    if (this.#closed) return;
    if (!this.#overflown) this.#send();
    if (this.#overflown) this.#overflow();
  }

  /** Calls back as soon as the client has taken something more. */
  onceTaken(callback: () => void): void {
    this.#drained = () => {
      this.#drained = undefined;
      callback();
    };
  }

  /** Sends what waits and takes no more. */
  close(): void {
    if (!this.#overflown) this.#send();
    this.#closed = true;
    this.#tail = undefined;
    this.#drained = undefined;
  }

  #begin(): void {
    if (this.#closed) return;
    this.#dirty = true;
    this.#turn.add(this);
    if (this.#transport.waiting > this.#bound) this.#overflown = true;
  }

  #send(): void {
    const batch = this.#tail;
    if (batch === undefined) return;
    this.#tail = undefined;
    if (this.#transport.waiting > this.#bound * BURST) {
      this.#overflown = true;
      return;
    }
    this.#counters.bytesSent += batch.bytes;
    if (this.#framing === "joined") {
      this.#counters.messagesSent++;
      this.#transport.send(batch.join(), this.#taken);
    } else {
      const frames = batch.frames();
      this.#counters.messagesSent += frames.length;
      this.#transport.sendEach(frames, this.#taken);
    }
  }
}
