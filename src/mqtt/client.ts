import { anonymous } from "../access/anonymous.js";
import type { Principal } from "../access/principal.js";
import { type Connection, type ConnectionOwner, Hold } from "./connection.js";
import type { EngineClient } from "./engine.js";
import type { Inbound } from "./inbound.js";
import type { PacketReader } from "./packet-reader.js";
import type { Session } from "./session.js";

export interface ClientContext {
  readonly inbound: Inbound;
  onClosed(client: Client): void;
}

/** A client from its first byte to its last: its connection, what the engine knows of it and, once let in, its session. */
export class Client implements ConnectionOwner {
  readonly connection: Connection;
  readonly engine: EngineClient;
  readonly #context: ClientContext;
  #session: Session | undefined;
  /** When it was let in, in milliseconds since 1970. */
  #openedAt = 0;

  constructor(connection: Connection, engine: EngineClient, context: ClientContext) {
    this.connection = connection;
    this.engine = engine;
    this.#context = context;
  }

  /** Empty until CONNECT has come. */
  get id(): string {
    return this.engine.id ?? "";
  }

  /** Who it is, once it is let in. */
  get principal(): Principal {
    return this.engine.principal ?? anonymous;
  }

  /** Undefined for a client that is nobody's. */
  get user(): string | undefined {
    return this.engine.principal?.user || undefined;
  }

  get clean(): boolean {
    return this.engine.clean;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  get openedAt(): number {
    return this.#openedAt;
  }

  /** CONNACK is out: sends what waits for the client, and lets through what the client has sent since. */
  open(session: Session): void {
    this.#session = session;
    this.#openedAt = Date.now();
    session.attach(this.connection);
    // The engine has a callback of CONNECT left to run, after which it asks for more.
    process.nextTick(() => this.connection.open());
  }

  /** Ends the connection as the engine would, with the will. */
  close(): void {
    this.engine.close();
  }

  /** Closing publishes no will from now on; it stays stored. */
  keepWill(): void {
    this.engine.will = null;
  }

  // The connection's side.

  packet(connection: Connection, reader: PacketReader): string | undefined {
    const taken = this.#session ? this.#context.inbound.take(connection, this.#session, reader) : false;
    if (taken === true) return undefined;
    if (taken !== false) return taken;
    if (!this.#session) connection.hold(Hold.connect);
    this.engine.conn.feed(reader.packet, this.engine);
    return undefined;
  }

  drained(connection: Connection): void {
    this.#session?.drained(connection);
  }

  closed(_connection: Connection, error: Error | undefined): void {
    if (error && !this.engine.closed) this.engine.emit("error", error);
    else this.engine.close();
    this.#context.onClosed(this);
  }
}
