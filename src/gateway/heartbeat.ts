export interface HeartbeatOptions {
  /** Time between two pings; 0 for none. */
  readonly interval: number;
  /** Time that the client has to show a sign of life after a ping. */
  readonly timeout: number;
  readonly ping: () => void;
  readonly dead: () => void;
}

/** Pings a client and notices when nothing comes back. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #next: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** The first ping comes after a random part of the interval, so that sessions opened together do not stay in step. */
  start(): void {
    const { interval } = this.#options;
    if (interval > 0) this.#next = setTimeout(() => this.#beat(), Math.random() * interval);
  }

  /** The client showed a sign of life. */
  alive(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  stop(): void {
    clearTimeout(this.#next);
    this.alive();
  }

  #beat(): void {
    const { interval, timeout, ping, dead } = this.#options;
    ping();
    this.#deadline ??= setTimeout(() => {
      this.#deadline = undefined;
      dead();
    }, timeout);
    this.#next = setTimeout(() => this.#beat(), interval);
  }
}
