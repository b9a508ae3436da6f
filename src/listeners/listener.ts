import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Connection } from "../mqtt/connection.js";

/** Finds a peer that vanished without a word, for clients whose keep-alive is 0. */
export const TCP_KEEP_ALIVE_MS = 60_000;

/** Takes a new connection over. All that a listener knows of the broker. */
export type Establish = (connection: Connection, request?: IncomingMessage) => void;

export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}

/** A port cannot be opened. The message says which and what to do. */
export class ListenError extends Error {}

interface Server {
  listen(options: { host: string; port: number }): unknown;
  address(): AddressInfo | string | null;
  once(event: "listening", callback: () => void): unknown;
  once(event: "error", callback: (error: NodeJS.ErrnoException) => void): unknown;
  off(event: "error", callback: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Opens a server's port; `key` is the configuration key that names the address. */
export function listen(
  server: Server,
  { host, port }: ListenerAddress,
  key: string,
): Promise<ListenerAddress> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new ListenError(explain(error, host, port, key)));
    server.once("error", fail);
    server.once("listening", () => {
      server.off("error", fail);
      const bound = server.address() as AddressInfo;
      resolve({ host, port: bound.port });
    });
    server.listen({ host, port });
  });
}

function explain({ code, message }: NodeJS.ErrnoException, host: string, port: number, key: string): string {
  const what = `${key}: cannot listen on ${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (code === "EADDRINUSE")
    return `${what}: the port is in use; stop the program that has it, or choose another port (0 picks a free one)`;
  if (code === "EACCES") return `${what}: this user may not open the port; choose one above 1023`;
  if (code === "EADDRNOTAVAIL") return `${what}: this machine has no such address`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `${what}: the host name is not known`;
  return `${what}: ${message}`;
}
