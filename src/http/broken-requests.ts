import type { IncomingMessage, Server } from "node:http";
import { tooManyHeaders } from "./header-limit.js";
import { counter, type Metric } from "./metric.js";

/** What is wrong with a request that no route gets to see. */
type Fault = "headers" | "timeout" | "malformed";

/** Counts the requests that HTTP itself refuses: they belong to no route that could. */
export class BrokenRequests {
  readonly #refused: Record<Fault, number> = { headers: 0, timeout: 0, malformed: 0 };

  /** To be called before others take the requests of the server over. */
  attach(server: Server): void {
    const look = (request: IncomingMessage) => {
      if (tooManyHeaders(request)) this.#refused.headers++;
    };
    server.on("request", look).on("upgrade", look);
    server.on("clientError", ({ code = "" }: NodeJS.ErrnoException) => {
      const fault = faultOf(code);
      if (fault) this.#refused[fault]++;
    });
  }

  metrics(): Metric[] {
    return [
      counter(
        "http_requests_broken",
        "Requests refused before any route saw them: `headers` too many or too large, `timeout` not whole in time, `malformed` no HTTP.",
        () => ({ ...this.#refused }),
        "reason",
      ),
    ];
  }
}

/** Undefined for a connection that was lost. */
function faultOf(code: string): Fault | undefined {
  if (code === "HPE_HEADER_OVERFLOW") return "headers";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "timeout";
  return code.startsWith("HPE_") ? "malformed" : undefined;
}
