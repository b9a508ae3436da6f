import type { Batch } from "../outbox/batch.js";
import type { Turn } from "../outbox/turn.js";
import { Age } from "./age.js";
import type { Counters, SlowCause } from "./counters.js";
import type { Aging, Overdue } from "./overdue.js";
import type { Transport } from "./transport.js";

/** A message to a client is not much longer than this: some client libraries refuse messages over 1 MiB. */
const MESSAGE_BYTES = 64 * 1024;
/** How far over the bound one turn may go before the session had any chance to read. */
const BURST = 4;
/** Above this part of the bound a client is behind. */
const CONGESTED = 1 / 4;

export interface OutboxOptions {
  readonly turn: Turn;
  readonly transport: Transport;
  readonly framing: Framing;
  /** Bytes that may wait. */
  readonly bound: number;
  readonly counters: Counters;
  /** Sees to it that nothing waits for too long. */
  readonly overdue: Overdue;
  /** The client is too slow. Never called from within `append`. */
  readonly slow: (cause: SlowCause) => void;
}

/** What makes one message of all frames of a turn; or `apart`: each frame is a message of its own. */
export type Framing = { join(batch: Batch): Buffer } | "apart";

/**
 * What waits for one session. Everything given to it within a turn goes out as one message. The bound is held against what earlier
 * turns left unread, since a client that is well can not read in the midst of a turn; one turn alone may reach {@link BURST} times it.
 */
export class Outbox implements Aging {
  readonly #turn: Turn;
  readonly #transport: Transport;
  readonly #framing: Framing;
  readonly #bound: number;
  readonly #counters: Counters;
  readonly #overdue: Overdue;
  readonly #slow: (cause: SlowCause) => void;
  readonly #age = new Age();
  /** Whether {@link Overdue} looks after it. */
  #watched = false;
  #tail: Batch | undefined;
  #dirty = false;
  #overflown = false;
  #closed = false;
  /** Who waits for the client to take something; undefined for nobody. */
  #waiters: Set<() => void> | undefined;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  readonly #taken = (): void => {
    this.#age.taken();
    if (this.#waiters) this.#wake(this.#waiters);
  };

  constructor(options: OutboxOptions) {
    this.#turn = options.turn;
    this.#transport = options.transport;
    this.#framing = options.framing;
    this.#bound = options.bound;
    this.#counters = options.counters;
    this.#overdue = options.overdue;
    this.#slow = options.slow;
  }

  /** Bytes that the client has not taken. */
  get waiting(): number {
    return (this.#tail?.bytes ?? 0) + this.#heldBytes + this.#transport.waiting;
  }

  /** The client is behind with what it was sent. */
  get congested(): boolean {
    return this.waiting > this.#bound * CONGESTED;
  }

  /** For how long the client has not taken the oldest of it, in ms, to within an eighth of what it may be. */
  get age(): number {
    return this.#overdue.timeOf(this.#age.looks);
  }

  /** More waits than may: it takes nothing more, and will be told so at the end of the turn. */
  get overflown(): boolean {
    return this.#overflown;
  }

  /** Sends nothing of what is appended until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  /** Calls `first`, whose frames go out before those that were held. */
  release(first: () => void): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    first();
    for (const frame of held) this.append(frame);
  }

  append(frame: Buffer): void {
    if (!this.#dirty) this.#begin();
    if (this.#overflown || this.#closed) return;
    if (this.#held) {
      this.#held.push(frame);
      this.#heldBytes += frame.length;
      if (this.#heldBytes > this.#bound) this.#overflown = true;
      return;
    }
    const tail = (this.#tail ?? this.#turn.start).with(frame);
    this.#tail = tail;
    if (tail.bytes >= MESSAGE_BYTES) this.#send();
  }

  flush(): void {
    this.#dirty = false;
    if (this.#closed) return;
    if (!this.#overflown) this.#send();
    if (this.#overflown) this.#slow("bytes");
  }

  /** Calls back, once, as soon as the client has taken something more. */
  onceTaken(callback: () => void): void {
    this.#waiters ??= new Set();
    this.#waiters.add(callback);
  }

  /** Does not call back any more. */
  forgetTaken(callback: () => void): void {
    this.#waiters?.delete(callback);
  }

  look(): number | undefined {
    const looks = this.#age.look();
    this.#watched = looks !== undefined;
    return looks;
  }

  overdue(): void {
    this.#slow("age");
  }

  /** Sends what waits and takes no more. */
  close(): void {
    if (!this.#overflown) this.#send();
    this.#closed = true;
    this.#tail = undefined;
    this.#waiters = undefined;
    this.#held = undefined;
    this.#overdue.forget(this);
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
    this.#age.sent();
    if (!this.#watched) this.#watch();
    if (this.#framing === "apart") {
      const frames = batch.frames();
      this.#counters.messagesSent += frames.length;
      this.#counters.bytesSent += batch.bytes;
      this.#transport.sendEach(frames, this.#taken);
    } else {
      const message = this.#framing.join(batch);
      this.#counters.messagesSent++;
      this.#counters.bytesSent += message.length;
      this.#transport.send(message, this.#taken);
    }
  }

  #watch(): void {
    this.#watched = true;
    this.#overdue.watch(this);
  }

  /** One after the other, while the client is not behind: who gets nothing now is the first the next time. */
  #wake(waiters: Set<() => void>): void {
    for (let left = waiters.size; left > 0 && !this.congested; left--) {
      for (const callback of waiters) {
        waiters.delete(callback);
        callback();
        break;
      }
    }
  }
}
