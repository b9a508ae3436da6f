import { type Connection, Hold } from "./connection.js";

const TICK_MS = 50;

/** Clients that have sent more than limits allow, and are not read until they have waited for it. */
export class Throttle {
  /** How often somebody was made to wait. */
  pauses = 0;
  /** Until when, by `performance.now`; at most one entry for each connection. */
  readonly #waiting = new Map<Connection, number>();
  #timer: NodeJS.Timeout | undefined;

  hold(connection: Connection, milliseconds: number): void {
    this.pauses++;
    this.#waiting.set(connection, performance.now() + milliseconds);
    connection.hold(Hold.rate);
    this.#timer ??= setInterval(() => this.#look(), TICK_MS).unref();
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
    const now = performance.now();
    for (const [connection, until] of this.#waiting) {
      if (until > now) continue;
      this.#waiting.delete(connection);
      connection.release(Hold.rate);
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
