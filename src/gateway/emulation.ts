import { isObject } from "./command.js";
import type { HttpExchange } from "./http-exchange.js";
import type { HttpSessions } from "./http-sessions.js";
import type { Refusal } from "./refusal.js";

/** A frame stands in the body as a JSON string, in which quotes are escaped, beside the names of the session and the node. */
const ESCAPED = 2;
const NAMES = 1_024;

/** Client libraries connect anew when they are answered so. */
const UNKNOWN: Refusal = { status: 404, error: "there is no such session here; connect anew" };
const MALFORMED: Refusal = {
  status: 400,
  error: 'the body must be a JSON object with three strings: {"session":"...","node":"...","data":"..."}',
};
const TOO_MANY: Refusal = {
  status: 429,
  error: "too many commands of the session wait; send fewer at a time",
};

/** POST /emulation: a frame of a client that cannot send it on its own connection. */
export class Emulation {
  readonly #sessions: HttpSessions;
  readonly #maxFrameSize: number;

  constructor(sessions: HttpSessions, maxFrameSize: number) {
    this.#sessions = sessions;
    this.#maxFrameSize = maxFrameSize;
  }

  accept(exchange: HttpExchange): void {
    exchange.unlessBody(this.#maxFrameSize * ESCAPED + NAMES, (body) => {
      const refusal = this.#take(body);
      if (!refusal) exchange.response.writeHead(204, { "Cache-Control": "no-store" }).end();
      return refusal;
    });
  }

  #take(body: string): Refusal | undefined {
    const { session, node, data } = parse(body);
    if (typeof session !== "string" || typeof node !== "string" || typeof data !== "string") return MALFORMED;
    if (Buffer.byteLength(data) > this.#maxFrameSize)
      return { status: 413, error: `data must not be larger than ${this.#maxFrameSize} bytes` };
    if (node !== this.#sessions.node) return UNKNOWN;
    const transport = this.#sessions.find(session);
    if (transport) return transport.receive(data) ? undefined : TOO_MANY;
    return this.#sessions.hasEnded(session) ? undefined : UNKNOWN;
  }
}

function parse(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
