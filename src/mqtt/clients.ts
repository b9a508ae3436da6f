import type { Logger } from "pino";
import { LimitedLog } from "../log/limited.js";
import type { Client } from "./client.js";
import type { Connection } from "./connection.js";
import type { Counters } from "./counters.js";
import { Refusal } from "./refusal.js";

export interface ClientsContext {
  readonly maxConnections: number;
  readonly counters: Counters;
  readonly log: Logger;
  readonly limitedLog: LimitedLog;
}

/** Lines about clients that come, and about those that go, in ten seconds: a fleet that is restarted is seen, a flood fills no disk. */
const MOST_COMINGS = 1_000;

/** Who is connected: every connection from its first byte, and the client of each identifier once it is let in. */
export class Clients {
  readonly #context: ClientsContext;
  readonly #comings: LimitedLog;
  /** By the engine's object for the connection. */
  readonly #connected = new Map<object, Client>();
  readonly #online = new Map<string, Client>();

  constructor(context: ClientsContext) {
    this.#context = context;
    this.#comings = new LimitedLog(context.log, MOST_COMINGS);
  }

  get connections(): number {
    return this.#connected.size;
  }

  get online(): number {
    return this.#online.size;
  }

  /** Whether there is room for the connection; one that finds none is closed. */
  admit(connection: Connection): boolean {
    const { maxConnections, counters, limitedLog } = this.#context;
    if (this.#connected.size < maxConnections) return true;
    counters.connectionsRefused++;
    limitedLog.warn("connection refused: mqtt.maxConnections is reached", describe(connection));
    connection.destroy();
    return false;
  }

  add(client: Client): void {
    this.#context.counters.connectionsAccepted++;
    this.#connected.set(client.engine, client);
  }

  /** The client that the engine means. */
  of(engineClient: object): Client | undefined {
    return this.#connected.get(engineClient);
  }

  /** Who is connected under the identifier. */
  find(id: string): Client | undefined {
    return this.#online.get(id);
  }

  /** Those who are let in. */
  all(): Iterable<Client> {
    return this.#online.values();
  }

  /** Their identifiers. */
  ids(): Iterable<string> {
    return this.#online.keys();
  }

  /** Ends a client's connection for a reason that the log will name; false when nobody is connected under the identifier. */
  disconnect(id: string, reason: string): boolean {
    const client = this.#online.get(id);
    if (!client) return false;
    this.end(client, reason);
    return true;
  }

  /** Ends a client's connection for a reason that the log will name. */
  end(client: Client, reason: string): void {
    client.connection.closeReason ??= reason;
    client.close();
  }

  /** A client with this identifier is let in; the one that is connected under it is about to be closed [MQTT-3.1.4-2]. */
  accepted(id: string): void {
    const previous = this.#online.get(id);
    if (previous) previous.connection.closeReason ??= "another connection took over its client identifier";
  }

  /** The client's CONNACK is out. */
  ready(client: Client): void {
    const { id, user, clean, connection } = client;
    const previous = this.#online.get(id);
    if (previous && previous !== client) previous.close();
    this.#online.set(id, client);
    this.#comings.info("client connected", { client: id, user, clean, ...describe(connection) });
  }

  /** The engine ends the connection for an error. */
  failed({ id, user, connection }: Client, error: Error): void {
    connection.closeReason ??= error.message;
    if (isNetworkFault(error)) return;
    const { counters, limitedLog } = this.#context;
    const isRefused = error instanceof Refusal && error.kind !== undefined;
    if (!isRefused) counters.protocolErrors++;
    const who = id ? { client: id, user: isRefused ? error.user : user } : {};
    limitedLog.warn(isRefused ? "client refused" : "client closed for an error", {
      ...who,
      ...describe(connection),
      reason: connection.closeReason,
    });
  }

  /** The connection is gone. */
  closed(client: Client): void {
    const { counters } = this.#context;
    const { connection } = client;
    this.#connected.delete(client.engine);
    counters.bytesReceived += connection.bytesReceived;
    counters.bytesSent += connection.bytesSent;
    if (!client.id) return;
    const reason = connection.closeReason ?? "closed by the client";
    if (connection.opened)
      this.#comings.info("client disconnected", { client: client.id, ...describe(connection), reason });
    if (this.#online.get(client.id) === client) this.#online.delete(client.id);
  }

  /** The server stops: closing a client from now on publishes no will; it stays stored. */
  prepareToStop(): void {
    for (const client of this.#online.values()) client.keepWill();
    for (const { connection } of this.#connected.values())
      connection.closeReason ??= "the server is shutting down";
  }

  destroyConnections(): void {
    for (const { connection } of this.#connected.values()) connection.destroy();
  }

  /** Bytes since the start, of open and of closed connections. */
  bytes(): { received: number; sent: number } {
    let { bytesReceived: received, bytesSent: sent } = this.#context.counters;
    for (const { connection } of this.#connected.values()) {
      received += connection.bytesReceived;
      sent += connection.bytesSent;
    }
    return { received, sent };
  }
}

function describe({ remote, transportName }: Connection) {
  return { remote, transport: transportName };
}

function isNetworkFault(error: Error): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"].includes(code);
}
