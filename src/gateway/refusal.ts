import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Why a request is answered with an HTTP status that is no success. */
export interface Refusal {
  readonly status: number;
  /** For the person who reads it. */
  readonly error: string;
  /** Whether nothing more is read of the connection. */
  readonly closes?: boolean;
}

/** Thrown on the way to a session. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.error);
    this.refusal = refusal;
  }
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

/** Answers any other request. */
export function refuseRequest(response: ServerResponse, { status, error, closes = false }: Refusal): void {
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    ...(closes ? { Connection: "close" } : {}),
  });
  response.end(`${JSON.stringify({ error })}\n`);
}
