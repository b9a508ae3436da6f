import type { IncomingMessage, ServerResponse } from "node:http";
import { type Refusal, refuseRequest } from "./refusal.js";
import { remoteOf } from "./remote.js";
import type { RequestBodies } from "./request-bodies.js";

/** What all exchanges share. */
export interface HttpExchangeContext {
  readonly bodies: RequestBodies;
  refused(remote: string, refusal: Refusal): void;
  failed(remote: string, error: unknown): void;
}

/** One request and its response. */
export class HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly #context: HttpExchangeContext;

  constructor(request: IncomingMessage, response: ServerResponse, context: HttpExchangeContext) {
    this.request = request;
    this.response = response;
    this.#context = context;
  }

  /** Answers with what `decide` finds wrong; when it finds nothing, it has answered. */
  unless(decide: () => Refusal | undefined): void {
    try {
      const refusal = decide();
      if (!refusal) return;
      this.#context.refused(remoteOf(this.request), refusal);
      refuseRequest(this.response, refusal);
    } catch (error) {
      this.#context.failed(remoteOf(this.request), error);
      this.response.destroy();
    }
  }

  /** The same with the JSON that is the body. */
  unlessBody(limit: number, decide: (body: string) => Refusal | undefined): void {
    this.unless(() => {
      const refusal = notJson(this.request);
      if (refusal) return refusal;
      this.#context.bodies
        .read(this.request, limit)
        .then((body) => this.unless(() => (typeof body === "string" ? decide(body) : body)));
      return undefined;
    });
  }
}

/**
 * A page of another origin can have a browser send other types without asking first whether it may, but not JSON: so it cannot send
 * commands in the name of whoever looks at it.
 */
function notJson({ headers }: IncomingMessage): Refusal | undefined {
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return undefined;
  return {
    status: 415,
    error: "send JSON with Content-Type: application/json; no other encoding is offered",
  };
}
