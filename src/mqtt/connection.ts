import { Duplex } from "node:stream";
import type { Batch } from "../outbox/batch.js";
import { Turn } from "../outbox/turn.js";
import { Framing } from "./framing.js";

/** What carries a connection's bytes: a socket or a WebSocket. */
export interface Transport {
  /** Sends a batch; false when it should get no more until it calls {@link Connection.drained}. */
  write(batch: Buffer): boolean;
  /** Bytes written and not yet taken by the operating system. */
  readonly bufferedBytes: number;
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface ConnectionOptions {
  /** How the client came in, for logs and metrics: `tcp`, `tls`, `ws` or `wss`. */
  readonly transport: string;
  /** The peer's address, for logs. */
  readonly remote: string;
}

/** Limits that the broker sets on every connection. Sizes in bytes, times in milliseconds. */
export interface ConnectionLimits {
  readonly maxPacketSize: number;
  readonly maxOutboxSize: number;
  readonly drainTimeout: number;
}

/** Bytes read ahead of the protocol engine; beyond them the sender is made to wait. */
const READ_AHEAD = 64 * 1024;
/** A batch is written at once when it has grown to this, so that latency stays flat. */
const BATCH_BYTES = 256 * 1024;
/** For a connection that nobody has taken over yet. */
const UNSHARED = new Turn(() => undefined);
/** Packets that may wait one by one; beyond, they are joined. */
const LONG_LIST = 4_096;
/** Time for the last bytes to leave before the transport is cut. */
const LINGER_MS = 2_000;

/**
 * One client's byte stream, the same over TCP, TLS and WebSocket. It stands between the transport and the protocol
 * engine: what is sent in one turn of the event loop leaves as one write (one WebSocket message), and a transport that
 * delivers faster than the engine works is paused.
 */
export class Connection extends Duplex {
  readonly transportName: string;
  readonly remote: string;
  /** Why the connection ended, when the broker ended it. */
  closeReason: string | undefined;
  readonly #transport: Transport;
  #limits: ConnectionLimits | undefined;
  #framing: Framing | undefined;
  /**
   * What came after CONNECT, while that is being decided on: a client need not wait for CONNACK [MQTT-3.1.4-5]. The
   * transport is paused, so it is a read or two; it also keeps strangers from making the engine work.
   */
  #held: Buffer[] = [];
  #holding = false;
  #opened = false;
  #ended = false;
  #turn = UNSHARED;
  #outbox: Batch | undefined;
  #queuedForFlush = false;
  #gone = false;
  #saturated = false;
  #drainTimer: NodeJS.Timeout | undefined;
  bytesReceived = 0;
  bytesSent = 0;

  constructor(transport: Transport, options: ConnectionOptions) {
    super({ allowHalfOpen: false, readableHighWaterMark: READ_AHEAD });
    this.#transport = transport;
    this.transportName = options.transport;
    this.remote = options.remote;
  }

  /** Sets the limits; called by the broker before the first byte is read. Connections of one turn share its batches. */
  limit(limits: ConnectionLimits, turn: Turn = UNSHARED): void {
    this.#limits = limits;
    this.#turn = turn;
    this.#framing = new Framing(limits.maxPacketSize);
  }

  /** Whether the client was let in. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Bytes that wait for the client. */
  get backlog(): number {
    return (this.#outbox?.bytes ?? 0) + this.#transport.bufferedBytes;
  }

  /** Whether the client reads too slowly to be sent more now. A `drain` event follows. */
  get congested(): boolean {
    return this.#saturated && this.backlog >= (this.#limits?.maxOutboxSize ?? 0);
  }

  /** Puts bytes into the outbox. They are shared, so nobody may change them afterwards. */
  send(bytes: Buffer): void {
    if (this.#gone) return;
    this.#outbox = (this.#outbox ?? this.#turn.start).with(bytes);
    if (this.#outbox.bytes >= BATCH_BYTES) this.#write();
    if (this.#queuedForFlush) return;
    this.#queuedForFlush = true;
    this.#turn.add(this);
  }

  /** The turn ends: writes the outbox. */
  flush(): void {
    this.#queuedForFlush = false;
    this.#write();
  }

  // The transport's side.

  /** Takes bytes from the client. */
  received(chunk: Buffer): void {
    if (this.destroyed) return;
    this.bytesReceived += chunk.length;
    const fault = this.#framing?.fault(chunk);
    if (fault) this.abort(fault);
    else if (this.#opened) this.#accept(chunk);
    else this.#acceptConnect(chunk, this.#framing?.firstEnd);
  }

  /** The client's CONNECT was accepted: what it has sent since is let through. */
  open(): void {
    this.#opened = true;
    this.#holding = false;
    const held = this.#held;
    this.#held = [];
    for (const chunk of held) if (!this.destroyed) this.push(chunk);
    if (this.#ended) this.push(null);
    else this.#transport.resume();
  }

  /** The transport can be written to again. */
  drained(): void {
    this.#saturated = false;
    clearTimeout(this.#drainTimer);
    this.#write();
    if (!this.#saturated) this.emit("drain");
  }

  /** The client has closed its side; what it sent before is still read. */
  ended(): void {
    this.#ended = true;
    if (!this.#holding) this.push(null);
  }

  /** The transport is gone. */
  disconnected(error?: Error): void {
    this.destroy(error);
  }

  /** Ends the connection for a reason that the log will name. */
  abort(reason: string): void {
    this.closeReason ??= reason;
    this.destroy(new Error(reason));
  }

  // The engine's side: a Duplex, whose writing half is the outbox.

  override write(chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean {
    this.send(typeof chunk === "string" ? Buffer.from(chunk) : asBuffer(chunk));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done);
    return !this.#saturated || this.backlog < BATCH_BYTES;
  }

  override cork(): void {}

  override uncork(): void {}

  override _read(): void {
    if (!this.#holding) this.#transport.resume();
  }

  override _final(callback: () => void): void {
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#drainTimer);
    if (this.#saturated) {
      this.#transport.destroy();
    } else {
      // A refusal (CONNACK) still has to reach the client.
      this.#write();
      this.#transport.end();
      setTimeout(() => this.#transport.destroy(), LINGER_MS).unref();
    }
    this.#outbox = undefined;
    this.#gone = true;
    callback(error);
  }

  #accept(chunk: Buffer): void {
    if (!this.push(chunk)) this.#transport.pause();
  }

  #acceptConnect(chunk: Buffer, end: number | undefined): void {
    if (this.#holding) {
      this.#held.push(chunk);
      return;
    }
    if (end !== undefined) {
      this.#holding = true;
      this.#transport.pause();
      if (end < chunk.length) this.#held.push(chunk.subarray(end));
    }
    this.#accept(chunk.subarray(0, end));
  }

  /** Writes the outbox as one batch, unless the transport has asked to wait. */
  #write(): void {
    const batch = this.#outbox;
    if (!batch) return;
    if (this.#saturated) {
      // Many small packets that wait take more room in a list than their bytes do.
      if (batch.length > LONG_LIST) this.#outbox = this.#turn.start.with(batch.join());
      return;
    }
    this.#outbox = undefined;
    this.bytesSent += batch.bytes;
    if (!this.#transport.write(batch.join())) this.#saturate();
  }

  #saturate(): void {
    this.#saturated = true;
    const timeout = this.#limits?.drainTimeout;
    if (!timeout) return;
    this.#drainTimer = setTimeout(() => this.abort(`the client read nothing for ${timeout} ms`), timeout);
    this.#drainTimer.unref();
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
