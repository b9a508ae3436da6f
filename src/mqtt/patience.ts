import type { Connection } from "./connection.js";

/** How often in one timeout those who wait are looked through. */
const LOOKS = 4;

/**
 * Clients that wait, as for the store to take their messages, and since when nothing has come of it. Who waits too long is
 * closed, and so told that nothing was acknowledged.
 */
export class Patience {
  readonly #timeout: number;
  /** Why a connection is closed, for the log. */
  readonly #reason: string;
  /** Since when, by `performance.now`; at most one entry for each connection. */
  readonly #waiting = new Map<Connection, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeout: number, reason: string) {
    this.#timeout = timeout;
    this.#reason = reason;
  }

  /** The connection has asked for something. */
  begin(connection: Connection): void {
    if (this.#waiting.has(connection)) return;
    this.#waiting.set(connection, performance.now());
    this.#timer ??= setInterval(() => this.#look(), this.#timeout / LOOKS).unref();
  }

  /** Something of it was done; `more` when it waits for something else. */
  progress(connection: Connection, more: boolean): void {
    if (!more) this.#waiting.delete(connection);
    else if (this.#waiting.has(connection)) this.#waiting.set(connection, performance.now());
  }

  /** The connection is gone. */
  forget(connection: Connection): void {
    this.#waiting.delete(connection);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #look(): void {
    const latest = performance.now() - this.#timeout;
    for (const [connection, since] of this.#waiting) {
      if (since > latest) continue;
      this.#waiting.delete(connection);
      connection.abort(this.#reason);
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
