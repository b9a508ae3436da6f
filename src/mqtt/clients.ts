import type { Logger } from "pino";
import type { LimitedLog } from "../log/limited.js";
import type { Connection } from "./connection.js";
import type { Counters } from "./counters.js";

/** A client of the protocol engine, as far as the registry has to know it. */
export interface RegisteredClient {
  /** Empty until CONNECT has come. */
  readonly id: string;
  readonly clean: boolean;
  will: object | null;
  close(): void;
}

export interface ClientsContext {
  readonly maxConnections: number;
  readonly counters: Counters;
  readonly log: Logger;
  readonly limitedLog: LimitedLog;
}

/** Who is connected: every connection from its first byte, and the client of each identifier once it is let in. */
export class Clients {
  readonly #context: ClientsContext;
  readonly #connections = new Set<Connection>();
  readonly #online = new Map<
    string,
    { readonly client: RegisteredClient; readonly connection: Connection }
  >();

  constructor(context: ClientsContext) {
    this.#context = context;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get online(): number {
    return this.#online.size;
  }

  /** Whether there is room for the connection; one that finds none is closed. */
  admit(connection: Connection): boolean {
    const { maxConnections, counters, limitedLog } = this.#context;
    if (this.#connections.size < maxConnections) {
      counters.connectionsAccepted++;
      this.#connections.add(connection);
      return true;
    }
    counters.connectionsRefused++;
    limitedLog.warn("connection refused: mqtt.maxConnections is reached", describe(connection));
    connection.destroy();
    return false;
  }

  /** A client with this identifier is let in; the one that is connected under it is about to be closed [MQTT-3.1.4-2]. */
  accepted(id: string): void {
    const previous = this.#online.get(id);
    if (previous) previous.connection.closeReason ??= "another connection took over its client identifier";
  }

  /** The client's CONNACK is out. */
  ready(client: RegisteredClient, connection: Connection): void {
    const { id, clean } = client;
    const previous = this.#online.get(id);
    if (previous && previous.client !== client) previous.client.close();
    this.#online.set(id, { client, connection });
    this.#context.log.info({ client: id, clean, ...describe(connection) }, "client connected");
  }

  /** The engine ends the connection for an error. */
  failed(client: RegisteredClient, connection: Connection, error: Error): void {
    connection.closeReason ??= error.message;
    if (isNetworkFault(error)) return;
    const { counters, limitedLog } = this.#context;
    counters.protocolErrors++;
    const who = client.id ? { client: client.id } : {};
    limitedLog.warn("client closed for an error", {
      ...who,
      ...describe(connection),
      reason: connection.closeReason,
    });
  }

  /** The connection is gone. */
  closed(client: RegisteredClient, connection: Connection): void {
    const { counters, log } = this.#context;
    this.#connections.delete(connection);
    counters.bytesReceived += connection.bytesReceived;
    counters.bytesSent += connection.bytesSent;
    if (!client.id) return;
    const reason = connection.closeReason ?? "closed by the client";
    if (connection.opened)
      log.info({ client: client.id, ...describe(connection), reason }, "client disconnected");
    if (this.#online.get(client.id)?.client === client) this.#online.delete(client.id);
  }

  /** The server stops: closing a client from now on publishes no will; it stays stored. */
  prepareToStop(): void {
    for (const { client } of this.#online.values()) client.will = null;
    for (const connection of this.#connections) connection.closeReason ??= "the server is shutting down";
  }

  destroyConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Bytes since the start, of open and of closed connections. */
  bytes(): { received: number; sent: number } {
    let { bytesReceived: received, bytesSent: sent } = this.#context.counters;
    for (const connection of this.#connections) {
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
