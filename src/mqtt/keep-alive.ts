/** Seconds since the start; read for every chunk that arrives, so it has to cost nothing. */
export interface Clock {
  readonly now: number;
}

/** A connection whose client has said how often it will be heard. */
interface Watched {
  heardAt: number;
  /** Whether the broker itself has it wait, so that it cannot be heard. */
  readonly held: boolean;
  abort(reason: string): void;
}

const TICK_MS = 1_000;

/** Closes connections whose clients have not been heard for one and a half times their keep-alive [MQTT-3.1.2-24]. */
export class KeepAlive implements Clock {
  now = 0;
  /** Seconds of silence allowed. */
  readonly #watched = new Map<Watched, number>();
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** `seconds` is the keep-alive of CONNECT; 0 turns it off [MQTT-3.1.2-10]. */
  watch(connection: Watched, seconds: number): void {
    if (seconds > 0) this.#watched.set(connection, seconds * 1.5);
  }

  forget(connection: Watched): void {
    this.#watched.delete(connection);
  }

  #tick(): void {
    this.now++;
    // Not a loop: that would make an array of each entry, every second.
    this.#watched.forEach((allowed, connection) => {
      if (connection.held) connection.heardAt = this.now;
      // Both times are whole ticks, so a silence may be up to one shorter than it looks.
      if (this.now - connection.heardAt <= allowed + 1) return;
      this.#watched.delete(connection);
      connection.abort("keep alive timeout");
    });
  }
}
