import type { IncomingMessage, ServerResponse } from "node:http";
import { Emulation } from "./emulation.js";
import { HttpExchange } from "./http-exchange.js";
import { HttpSessions, type HttpSessionsOptions } from "./http-sessions.js";
import type { Refusal } from "./refusal.js";
import { RequestBodies } from "./request-bodies.js";
import type { SessionContext } from "./session-context.js";

/** The requests of clients that cannot use a WebSocket: two that open a session, and one for what they send then. */
export class HttpEntrance {
  readonly #context: SessionContext;
  readonly #sessions: HttpSessions;
  readonly #emulation: Emulation;
  readonly #bodies = new RequestBodies();

  constructor(context: SessionContext, options: Pick<HttpSessionsOptions, "refusal" | "open">) {
    const { maxFrameSize } = context.options;
    this.#context = context;
    this.#sessions = new HttpSessions({ ...options, maxFrameSize });
    this.#emulation = new Emulation(this.#sessions, maxFrameSize);
  }

  /** Bytes of requests that have not come whole. */
  get waitingBytes(): number {
    return this.#bodies.held;
  }

  /** POST /connection/http_stream */
  readonly stream = (request: IncomingMessage, response: ServerResponse): void =>
    this.#sessions.openStream(this.#exchange(request, response, this.#sessionRefused));

  /** GET /connection/sse */
  readonly events = (request: IncomingMessage, response: ServerResponse): void =>
    this.#sessions.openEvents(this.#exchange(request, response, this.#sessionRefused));

  /** POST /emulation */
  readonly commands = (request: IncomingMessage, response: ServerResponse): void =>
    this.#emulation.accept(this.#exchange(request, response, this.#commandsRefused));

  #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    refused: (remote: string, refusal: Refusal) => void,
  ): HttpExchange {
    const failed = (remote: string, err: unknown) =>
      this.#context.log.error({ remote, err }, "a request failed");
    return new HttpExchange(request, response, { bodies: this.#bodies, refused, failed });
  }

  readonly #sessionRefused = (remote: string, { status, error }: Refusal): void => {
    this.#context.counters.refused++;
    this.#context.limitedLog.warn("session refused", { remote, status, error });
  };

  readonly #commandsRefused = (remote: string, { status, error }: Refusal): void => {
    const { counters, limitedLog } = this.#context;
    counters.refusedRequests[status] = (counters.refusedRequests[status] ?? 0) + 1;
    // After a restart every client asks for its old session once: that is as it should be.
    if (status !== 404) limitedLog.warn("commands refused", { remote, status, error });
  };
}
