import { formatPeer, type Peer } from "../access/peer.js";
import type { Turn } from "../outbox/turn.js";
import type { Clock } from "./keep-alive.js";
import { Outbox, type OutboxLimits, type OutboxOwner, type Sink } from "./outbox.js";
import { PacketReader } from "./packet-reader.js";
import type { Shares } from "./shares.js";

/** What carries a connection's bytes: a socket or a WebSocket. */
export interface Transport extends Sink {
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
  readonly peer: Peer;
}

/** Limits that the broker sets on every connection. */
export interface ConnectionLimits extends OutboxLimits {
  readonly maxPacketSize: number;
  /** Largest CONNECT. */
  readonly unauthenticatedSize?: number | undefined;
}

/** Who deals with what a connection receives. */
export interface ConnectionOwner {
  /** A whole packet has come; it is the reader's current one. Its fault ends the connection. */
  packet(connection: Connection, reader: PacketReader): string | undefined;
  /** The client reads again after having been congested. */
  drained(connection: Connection): void;
  /** The connection is gone, for the error if there is one. Called once, never in the turn of the cause. */
  closed(connection: Connection, error: Error | undefined): void;
}

/** What all connections of a broker have in common. */
export interface ConnectionContext {
  readonly limits: ConnectionLimits;
  readonly turn: Turn;
  readonly shares: Shares;
  readonly clock: Clock;
}

/** Why nothing more is read from a client for now; several may hold. */
export const Hold = {
  /** Its CONNECT is being decided on: a client need not wait for CONNACK [MQTT-3.1.4-5], strangers make no work. */
  connect: 1,
  /** The protocol engine is busy with a packet of it. */
  engine: 2,
  /** What it has published is still being stored. */
  store: 4,
  /** It has used up its share of the turn. */
  share: 8,
  /** It does not read our answers. */
  answers: 16,
  /** It has sent more than limits allow. */
  rate: 32,
} as const;

/** Beside a CONNECT: what may have been read before its transport is paused. */
export const AHEAD_BYTES = 128 * 1024;
/** Time for the last bytes to leave before the transport is cut. */
const LINGER_MS = 2_000;
/** What is waiting must be at least this for its work to be worth timing. */
const TIMED_BYTES = 4_096;
/** Packets between two looks at the clock. */
const TIMED_PACKETS = 16;

/**
 * One client's byte stream, the same over TCP, TLS and WebSocket. What is sent in one turn of the event loop leaves as
 * one write (one WebSocket message). What is received is handed on packet by packet, as fast as the client's share of the
 * turn and those behind the broker allow; beyond that its transport is paused, and the client waits.
 */
export class Connection implements OutboxOwner {
  readonly transportName: string;
  readonly peer: Peer;
  /** Why the connection ended, when the broker ended it. */
  closeReason: string | undefined;
  /** It ended because the client did not read what it was sent. */
  drainTimedOut = false;
  bytesReceived = 0;
  /** When the client last sent something, by the context's clock. */
  heardAt = 0;
  readonly #transport: Transport;
  #context: ConnectionContext | undefined;
  #owner: ConnectionOwner | undefined;
  #reader: PacketReader | undefined;
  #outbox: Outbox | undefined;
  #holds = 0;
  #working = false;
  #paused = false;
  #opened = false;
  /** The client has closed its side. */
  #ended = false;
  #gone = false;
  /** Milliseconds used of this turn's share. */
  #used = 0;

  constructor(transport: Transport, options: ConnectionOptions) {
    this.#transport = transport;
    this.transportName = options.transport;
    this.peer = options.peer;
  }

  /** The peer's address, for logs. */
  get remote(): string {
    return formatPeer(this.peer);
  }

  /** Begins; called by the broker before the first byte is read. */
  start(context: ConnectionContext, owner: ConnectionOwner): void {
    this.#context = context;
    this.#owner = owner;
    const { maxPacketSize, unauthenticatedSize } = context.limits;
    this.#reader = new PacketReader(maxPacketSize, unauthenticatedSize);
    this.#outbox = new Outbox(this.#transport, context.turn, context.limits, this);
    // CONNACK waits until the client is in: it must miss nothing that is published after it.
    this.#outbox.cork();
    this.heardAt = context.clock.now;
  }

  /** Whether the client was let in. */
  get opened(): boolean {
    return this.#opened;
  }

  get destroyed(): boolean {
    return this.#gone;
  }

  get bytesSent(): number {
    return this.#outbox?.bytesSent ?? 0;
  }

  /** Bytes that wait for the client. */
  get backlog(): number {
    return this.#outbox?.backlog ?? 0;
  }

  /** Whether what it is sent now will wait for longer than a turn. */
  get slow(): boolean {
    return this.#outbox?.slow ?? false;
  }

  /** Whether the client reads too slowly to be sent more now. The owner hears when that is over. */
  get congested(): boolean {
    return this.#outbox?.congested ?? false;
  }

  /** Whether the client is being made to wait. */
  get held(): boolean {
    return this.#holds !== 0;
  }

  /** Sends bytes by the end of the turn. They are shared, so nobody may change them afterwards. */
  send(bytes: Buffer): void {
    this.#outbox?.put(bytes);
  }

  /**
   * Sends an answer. Unlike a delivery it cannot be dropped, so a client that leaves very many unread is not read either.
   */
  answer(bytes: Buffer): void {
    this.send(bytes);
    if (this.#outbox?.overfull) this.hold(Hold.answers);
  }

  /** Reads no more from the client until released. */
  hold(reason: number): void {
    this.#holds |= reason;
  }

  release(reason: number): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    if (this.#holds === 0 && !this.#working) this.#work();
  }

  /** The client's CONNECT was accepted: what it has sent since is let through. */
  open(): void {
    this.#opened = true;
    this.#outbox?.uncork();
    this.release(Hold.connect);
  }

  /** A new turn: a new share. */
  renew(): void {
    this.#used = 0;
    this.release(Hold.share);
  }

  /** Ends the connection for a reason that the log will name. */
  abort(reason: string): void {
    this.closeReason ??= reason;
    this.destroy(new Error(reason));
  }

  /** Ends the connection. What was sent before still leaves, if the client takes it. */
  destroy(error?: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    // A refusal (CONNACK) still has to reach the client.
    if (this.#outbox?.close() ?? true) {
      this.#transport.end();
      setTimeout(() => this.#transport.destroy(), LINGER_MS).unref();
    } else {
      this.#transport.destroy();
    }
    process.nextTick(() => this.#owner?.closed(this, error));
  }

  // The transport's side.

  /** Takes bytes from the client. */
  received(chunk: Buffer): void {
    if (this.#gone) return;
    this.bytesReceived += chunk.length;
    if (this.#context) this.heardAt = this.#context.clock.now;
    this.#reader?.add(chunk);
    if (!this.#opened && this.#isFarAhead) {
      this.abort("too much was sent before it was let in: limits.unauthenticatedSize");
      return;
    }
    if (this.#holds === 0 && !this.#working) this.#work();
    // What a paused transport had read already.
    else this.#pause();
  }

  /** The transport can be written to again. */
  drained(): void {
    if (!this.#outbox?.drained() || this.#gone) return;
    this.#owner?.drained(this);
    this.release(Hold.answers);
  }

  /** The client does not take what is sent to it. */
  stuck(milliseconds: number): void {
    this.drainTimedOut = true;
    this.abort(`the client read nothing for ${milliseconds} ms`);
  }

  /** The client has closed its side; what it sent before is still worked on. */
  ended(): void {
    this.#ended = true;
    if (this.#holds === 0 && !this.#working) this.destroy();
  }

  /** The transport is gone. */
  disconnected(error?: Error): void {
    this.destroy(error);
  }

  /** Hands on what has been received, until there is no more of it or something holds. */
  #work(): void {
    const shares = this.#context?.shares;
    const owner = this.#owner;
    const reader = this.#reader;
    if (!shares || !owner || !reader) return;
    const timed = reader.waiting >= TIMED_BYTES;
    const began = timed ? performance.now() : 0;
    this.#working = true;
    for (let packets = 1; this.#holds === 0 && !this.#gone && reader.next(); packets++) {
      const fault = owner.packet(this, reader);
      if (fault !== undefined) this.abort(fault);
      if (!timed || packets % TIMED_PACKETS !== 0) continue;
      if (performance.now() - began + this.#used < shares.milliseconds) continue;
      shares.exhausted++;
      this.hold(Hold.share);
    }
    this.#working = false;
    if (reader.fault !== undefined) this.abort(reader.fault);
    if (this.#gone) return;
    if (timed) this.#spend(shares, performance.now() - began);
    if (this.#holds !== 0) this.#pause();
    else if (this.#ended) this.destroy();
    else if (this.#paused) this.#resume();
  }

  /** Whether more waits behind a CONNECT that is not decided on than anybody can have sent before being made to wait. */
  get #isFarAhead(): boolean {
    const most = this.#context?.limits.unauthenticatedSize;
    return most !== undefined && (this.#reader?.waiting ?? 0) > most + AHEAD_BYTES;
  }

  #pause(): void {
    this.#paused = true;
    this.#transport.pause();
  }

  #resume(): void {
    this.#paused = false;
    this.#transport.resume();
  }

  #spend(shares: Shares, milliseconds: number): void {
    if (this.#used === 0) shares.spend(this);
    this.#used += Math.max(milliseconds, 0.001);
  }
}
