const TICK_MS = 1_000;

/** Closes clients whose credentials have ended. */
export class CredentialExpiry<C extends object> {
  readonly #onExpired: (client: C) => void;
  /** When, in milliseconds since 1970; at most one entry for each connection. */
  readonly #ends = new Map<C, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onExpired: (client: C) => void) {
    this.#onExpired = onExpired;
  }

  watch(client: C, expiresAt: number): void {
    this.#ends.set(client, expiresAt);
    this.#timer ??= setInterval(() => this.#look(), TICK_MS).unref();
  }

  /** The client is gone. */
  forget(client: C): void {
    this.#ends.delete(client);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#ends.clear();
  }

  #look(): void {
    const now = Date.now();
    for (const [client, expiresAt] of this.#ends) {
      if (expiresAt > now) continue;
      this.#ends.delete(client);
      this.#onExpired(client);
    }
    if (this.#ends.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
