import type { Connection } from "./connection.js";
import { Hold } from "./connection.js";

/** The engine's client, as far as it has to be told that there is something to read. */
interface Reader {
  readonly _parser: { client: unknown };
  _nextBatch(): void;
}

/**
 * What the protocol engine takes for its socket. It is given one packet at a time; when it asks for more it is done with
 * that one. What it would be told by events (data, end, error, drain), the broker tells it by calls, so nobody listens here.
 */
export class EngineStream {
  readonly connection: Connection;
  /** Set by the engine, to nobody's use. */
  client: unknown;
  #packet: Buffer | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  get destroyed(): boolean {
    return this.connection.destroyed;
  }

  /** Has the engine deal with a packet; nothing more is read from the client until it has. */
  feed(packet: Buffer, engine: Reader): void {
    this.connection.hold(Hold.engine);
    this.#packet = packet;
    engine._parser.client = engine;
    engine._nextBatch();
  }

  read(): Buffer | null {
    const packet = this.#packet;
    this.#packet = null;
    if (!packet) this.connection.release(Hold.engine);
    return packet;
  }

  /** Always takes more: the connection bounds what waits, and the engine's packets are answers. */
  write(chunk: string | Uint8Array): boolean {
    this.connection.answer(typeof chunk === "string" ? Buffer.from(chunk) : asBuffer(chunk));
    return true;
  }

  destroy(error?: Error): this {
    this.connection.destroy(error);
    return this;
  }

  on(): this {
    return this;
  }

  once(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }

  removeAllListeners(): this {
    return this;
  }

  setMaxListeners(): this {
    return this;
  }

  emit(): boolean {
    return false;
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
