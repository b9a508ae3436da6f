import type { Batch } from "../outbox/batch.js";
import type { Turn } from "../outbox/turn.js";

/** The writing side of what carries a connection's bytes. */
export interface Sink {
  /** Sends a batch; false when it should get no more until the outbox is told of the drain. */
  write(batch: Buffer): boolean;
  /** Bytes written and not yet taken by the operating system. */
  readonly bufferedBytes: number;
}

/** Sizes in bytes, times in milliseconds; a timeout of 0 is none. */
export interface OutboxLimits {
  readonly maxOutboxSize: number;
  readonly drainTimeout: number;
}

/** Hears that a client does not take what is sent to it. */
export interface OutboxOwner {
  /** It has taken nothing for `drainTimeout`. */
  stuck(milliseconds: number): void;
}

/** A batch is written at once when it has grown to this, so that latency stays flat. */
const BATCH_BYTES = 256 * 1024;
/** What waited for a slow client is written in pieces of this; it is stuck when it takes none of them in time. */
const PIECE_BYTES = 64 * 1024;
/** Packets that may wait one by one; beyond, they are joined. */
const LONG_LIST = 1_024;

/** What waits for one client. All that it is given in one turn of the event loop leaves as one write. */
export class Outbox {
  bytesSent = 0;
  readonly #sink: Sink;
  readonly #turn: Turn;
  readonly #limits: OutboxLimits;
  readonly #owner: OutboxOwner;
  #batch: Batch | undefined;
  /** What was taken out of the batch and is written piece by piece, so that a slow client's progress shows. */
  #rest: Buffer | undefined;
  #queuedForFlush = false;
  #corked = false;
  #closed = false;
  #saturated = false;
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(sink: Sink, turn: Turn, limits: OutboxLimits, owner: OutboxOwner) {
    this.#sink = sink;
    this.#turn = turn;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Bytes that wait for the client. */
  get backlog(): number {
    return (this.#batch?.bytes ?? 0) + (this.#rest?.length ?? 0) + this.#sink.bufferedBytes;
  }

  /** Whether what is put in now will wait for longer than a turn. */
  get slow(): boolean {
    return this.#saturated && this.backlog >= BATCH_BYTES;
  }

  /** Whether it is full. */
  get congested(): boolean {
    return this.#saturated && this.backlog >= this.#limits.maxOutboxSize;
  }

  /** Whether it is so full of what could not be dropped that it should get no more of that either. */
  get overfull(): boolean {
    return this.#saturated && this.backlog >= 2 * this.#limits.maxOutboxSize;
  }

  put(bytes: Buffer): void {
    if (this.#closed) return;
    this.#batch = (this.#batch ?? this.#turn.start).with(bytes);
    if (this.#batch.bytes >= BATCH_BYTES) this.#write();
    if (this.#queuedForFlush) return;
    this.#queuedForFlush = true;
    this.#turn.add(this);
  }

  /** The turn ends. */
  flush(): void {
    this.#queuedForFlush = false;
    this.#write();
  }

  /** Lets nothing out until it is uncorked. */
  cork(): void {
    this.#corked = true;
  }

  uncork(): void {
    this.#corked = false;
    this.#write();
  }

  /** The sink takes more; whether all that waited is written. */
  drained(): boolean {
    this.#saturated = false;
    clearTimeout(this.#drainTimer);
    this.#drainTimer = undefined;
    this.#write();
    return !this.#saturated;
  }

  /** Takes nothing more. Writes the last of what there is, unless the client does not take it; whether it could. */
  close(): boolean {
    const writable = !this.#saturated;
    if (writable && this.#batch) this.#pass(this.#batch.join());
    clearTimeout(this.#drainTimer);
    this.#drainTimer = undefined;
    this.#batch = undefined;
    this.#rest = undefined;
    this.#closed = true;
    return writable;
  }

  #write(): void {
    if (this.#corked) return;
    if (this.#saturated) {
      this.#shorten();
      return;
    }
    if (this.#rest) this.#writePieces(this.#rest);
    const batch = this.#batch;
    if (!batch || this.#saturated) return;
    this.#batch = undefined;
    const joined = batch.join();
    if (joined.length > 2 * BATCH_BYTES) this.#writePieces(joined);
    else this.#pass(joined);
  }

  #writePieces(bytes: Buffer): void {
    this.#rest = bytes;
    while (this.#rest && !this.#saturated) {
      const piece: Buffer = this.#rest.subarray(0, PIECE_BYTES);
      this.#rest = piece.length < this.#rest.length ? this.#rest.subarray(PIECE_BYTES) : undefined;
      this.#pass(piece);
    }
  }

  #pass(bytes: Buffer): void {
    this.bytesSent += bytes.length;
    if (!this.#sink.write(bytes)) this.#saturate();
  }

  /** Many small packets that wait take more room in a list than their bytes do, and may keep large reads alive. */
  #shorten(): void {
    const batch = this.#batch;
    if (batch && batch.length > LONG_LIST) this.#batch = this.#turn.start.with(batch.join());
  }

  #saturate(): void {
    this.#saturated = true;
    const { drainTimeout } = this.#limits;
    if (drainTimeout === 0) return;
    // After a stall of our own, what the client has taken meanwhile is heard of first.
    const timer = setTimeout(
      () => setImmediate(() => this.#drainTimer === timer && this.#owner.stuck(drainTimeout)),
      drainTimeout,
    );
    this.#drainTimer = timer.unref();
  }
}
