import type { IncomingMessage } from "node:http";
import type { Refusal } from "./refusal.js";
import type { Transport } from "./transport.js";

/** Connections that are being told that there is no room, at a time; more are turned away by HTTP status, which costs less. */
const MAX_TURNED_AWAY = 256;

/** Decides who may open a session. Every upgrade comes through here before it is accepted. */
export class Admission {
  readonly #maxSessions: number;
  #sessions = 0;
  readonly #turnedAway = new Set<Transport>();
  #closed = false;

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  /** Why this upgrade is refused, or undefined when it is not. */
  refusal(_request: IncomingMessage): Refusal | undefined {
    if (this.#closed) return { status: 503, error: "the server is shutting down; try again later" };
    if (this.#turnedAway.size >= MAX_TURNED_AWAY) return this.noRoom;
    return undefined;
  }

  get full(): boolean {
    return this.#sessions >= this.#maxSessions;
  }

  get noRoom(): Refusal {
    return { status: 503, error: `the server has ${this.#maxSessions} sessions already; try again later` };
  }

  /** Counts a session; the result is called when it ended. */
  enter(): () => void {
    this.#sessions++;
    return () => {
      this.#sessions--;
    };
  }

  /** Counts a connection that is only told to go; the result is called when it ended. */
  turnAway(transport: Transport): () => void {
    this.#turnedAway.add(transport);
    return () => {
      this.#turnedAway.delete(transport);
    };
  }

  /** Lets nobody in any more, and waits no longer for those who were told to go. */
  close(): void {
    this.#closed = true;
    for (const transport of this.#turnedAway) transport.terminate();
  }
}
