import { networkOf } from "./network.js";

export interface AddressLimitOptions {
  /** At a time. */
  readonly connectionsPerAddress?: number | undefined;
  /** New ones a second, on average. */
  readonly connectRate?: number | undefined;
}

/** Why a connection is one too many. */
export type Excess = "address_connections" | "address_rate";

/** Seconds of the rate that may come at once. */
const BURST_SECONDS = 12;
/** Addresses that are remembered though nothing of them is connected; at the bound the one that left first is forgotten. */
const MOST_IDLE = 65_536;
const SWEEP_MS = 10_000;

interface Entry {
  connections: number;
  /** New connections that it may still open, as of `at`. */
  tokens: number;
  at: number;
}

/**
 * Bounds what one address may open, over all listeners. An address is remembered while it is connected, or while it has
 * used up some of its rate.
 */
export class AddressLimits {
  readonly refused: Record<Excess, number> = { address_connections: 0, address_rate: 0 };
  readonly #most: number;
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #connected = new Map<string, Entry>();
  /** In the order in which they left. */
  readonly #idle = new Map<string, Entry>();
  #sweep: NodeJS.Timeout | undefined;

  /** `now` is in milliseconds. */
  constructor({ connectionsPerAddress, connectRate }: AddressLimitOptions, now = () => performance.now()) {
    this.#most = connectionsPerAddress ?? Number.POSITIVE_INFINITY;
    this.#rate = connectRate ?? Number.POSITIVE_INFINITY;
    this.#burst = Math.max(1, this.#rate * BURST_SECONDS);
    this.#now = now;
  }

  /** Addresses that are remembered. */
  get tracked(): number {
    return this.#connected.size + this.#idle.size;
  }

  /** Counts a connection of an address. Says why not when it is one too many; else `leave` is to be called at its end. */
  enter(address: string, { isNew = true } = {}): Excess | undefined {
    if (this.#most === Number.POSITIVE_INFINITY && !this.#isRated) return undefined;
    const network = networkOf(address);
    const entry = this.#entryOf(network);
    const excess = this.#excessOf(entry, isNew);
    if (excess) {
      this.refused[excess]++;
      if (entry.connections === 0) this.#keepIdle(network, entry);
      return excess;
    }
    if (isNew && this.#isRated) entry.tokens--;
    entry.connections++;
    this.#idle.delete(network);
    this.#connected.set(network, entry);
    return undefined;
  }

  leave(address: string): void {
    const network = networkOf(address);
    const entry = this.#connected.get(network);
    if (!entry || --entry.connections > 0) return;
    this.#connected.delete(network);
    if (this.#isRated) this.#keepIdle(network, entry);
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  get #isRated(): boolean {
    return this.#rate !== Number.POSITIVE_INFINITY;
  }

  #entryOf(network: string): Entry {
    const known = this.#connected.get(network) ?? this.#idle.get(network);
    const now = this.#now();
    if (!known) return { connections: 0, tokens: this.#burst, at: now };
    this.#refill(known, now);
    return known;
  }

  #refill(entry: Entry, now: number): void {
    if (this.#isRated)
      entry.tokens = Math.min(this.#burst, entry.tokens + ((now - entry.at) / 1_000) * this.#rate);
    entry.at = now;
  }

  #excessOf({ connections, tokens }: Entry, isNew: boolean): Excess | undefined {
    if (connections >= this.#most) return "address_connections";
    return isNew && tokens < 1 ? "address_rate" : undefined;
  }

  #keepIdle(network: string, entry: Entry): void {
    if (!this.#isRated) return;
    this.#idle.delete(network);
    this.#idle.set(network, entry);
    const [first] = this.#idle.keys();
    if (this.#idle.size > MOST_IDLE && first !== undefined) this.#idle.delete(first);
    this.#sweep ??= setInterval(() => this.#forget(), SWEEP_MS).unref();
  }

  /** Those who may open as much as anybody else need not be remembered. */
  #forget(): void {
    const now = this.#now();
    for (const [network, entry] of this.#idle) {
      this.#refill(entry, now);
      if (entry.tokens >= this.#burst) this.#idle.delete(network);
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
