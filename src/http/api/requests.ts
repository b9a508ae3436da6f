import type { ServerResponse } from "node:http";
import { counter, gauge, type Metric, table } from "../metric.js";
import { ApiError } from "./error.js";

/** Requests under way; each may hold a body of `api.maxBodySize`. */
const MOST_UNDER_WAY = 256;
/** Time that a client has to take an answer. */
const ANSWER_TIMEOUT_MS = 20_000;

/** The requests of the API: how many there are, and how they ended. */
export class Requests {
  readonly #timeout: number;
  /** By operation, then by status. */
  readonly #ended = new Map<string, Map<string, number>>();
  #underWay = 0;
  #notTaken = 0;

  constructor(timeout = ANSWER_TIMEOUT_MS) {
    this.#timeout = timeout;
  }

  begin(operation: string, response: ServerResponse): void {
    this.#underWay++;
    response.once("close", () => {
      this.#underWay--;
      this.#count(operation, response.writableFinished ? String(response.statusCode) : "aborted");
    });
  }

  /** Throws when there are too many. To be asked before a body is read. */
  checkRoom(): void {
    if (this.#underWay <= MOST_UNDER_WAY) return;
    throw new ApiError(
      429,
      `${MOST_UNDER_WAY} requests are under way already; try again, with less at a time`,
    );
  }

  /** An answer begins to be sent: a client that does not take it is cut off. */
  answer(response: ServerResponse): void {
    const timer = setTimeout(() => {
      this.#notTaken++;
      response.destroy();
    }, this.#timeout);
    response.once("close", () => clearTimeout(timer));
  }

  metrics(): Metric[] {
    return [
      table("api_requests", "Requests of the API, by operation and status.", ["operation", "status"], () =>
        this.#rows(),
      ),
      gauge("api_requests_under_way", "Requests of the API under way.", () => this.#underWay),
      counter(
        "api_answers_not_taken",
        "Connections cut because a client did not take its answer.",
        () => this.#notTaken,
      ),
    ];
  }

  #count(operation: string, status: string): void {
    const counts = this.#ended.get(operation) ?? new Map<string, number>();
    this.#ended.set(operation, counts);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }

  *#rows(): Generator<[labels: string[], value: number]> {
    for (const [operation, counts] of this.#ended)
      for (const [status, count] of counts) yield [[operation, status], count];
  }
}
