import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Why an upgrade is answered with an HTTP status. */
export interface Refusal {
  readonly status: number;
  /** For the person who reads it. */
  readonly error: string;
}

/** Answers an upgrade request without upgrading, and ends the connection. */
export function refuseUpgrade(socket: Duplex, { status, error }: Refusal): void {
  const body = `${JSON.stringify({ error })}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  // The client may be gone by now; nothing is left to be done for it then.
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
