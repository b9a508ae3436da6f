import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Refusal, Refused, refuseUpgrade } from "./refusal.js";
import { remoteOf } from "./remote.js";
import type { SessionContext } from "./session-context.js";

/** Refusals in a second that are answered at once, where they are not all. */
const AT_ONCE = 20;
const SECOND = 1_000;
/** How long the others wait for their answer, in ms. */
const PAUSE = 1_000;
/** Refusals that wait at a time; more are answered at once, so that they hold no sockets. */
const MOST_WAITING = 1_000;

const DEFECT: Refusal = { status: 500, error: "internal server error; the server's log has the cause" };

/** Answers the upgrades that are refused. */
export class Refusals {
  readonly #context: SessionContext;
  readonly #waiting = new Map<Duplex, { readonly refusal: Refusal; readonly timer: NodeJS.Timeout }>();
  #second = 0;
  #count = 0;
  #closed = false;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  answer(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    this.#note(request, refusal);
    refuseUpgrade(socket, refusal);
  }

  /** The same for what was thrown on the way to a bare WebSocket. Some of their clients try again at once and without end. */
  answerInTime(request: IncomingMessage, socket: Duplex, error: unknown): void {
    if (!(error instanceof Refused)) this.#context.log.error({ err: error }, "a session could not be opened");
    const refusal = error instanceof Refused ? error.refusal : DEFECT;
    this.#note(request, refusal);
    if (this.#isMany() && this.#waiting.size < MOST_WAITING && !this.#closed)
      this.#answerLater(socket, refusal);
    else refuseUpgrade(socket, refusal);
  }

  /** Answers those who wait, and from now on everybody at once. */
  close(): void {
    this.#closed = true;
    for (const [socket, { refusal, timer }] of this.#waiting) {
      clearTimeout(timer);
      refuseUpgrade(socket, refusal);
    }
    this.#waiting.clear();
  }

  #answerLater(socket: Duplex, refusal: Refusal): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(socket);
      refuseUpgrade(socket, refusal);
    }, PAUSE);
    this.#waiting.set(socket, { refusal, timer });
  }

  #note(request: IncomingMessage, { status, error }: Refusal): void {
    const { counters, limitedLog } = this.#context;
    counters.refused++;
    limitedLog.warn("session refused", { remote: remoteOf(request), status, error });
  }

  #isMany(): boolean {
    const now = performance.now();
    if (now - this.#second >= SECOND) {
      this.#second = now;
      this.#count = 0;
    }
    return ++this.#count > AT_ONCE;
  }
}
