import type { Logger } from "pino";
import { Denied } from "../../access/denied.js";
import type { Algorithm } from "./algorithm.js";
import { candidates, KeyRing } from "./key-ring.js";
import type { RemoteOptions } from "./options.js";
import { fetchKeySet, REMOTE_PLACE } from "./remote-set.js";
import type { VerificationKey } from "./verification-key.js";

export interface RemoteCounters {
  fetched: number;
  failed: number;
}

interface Held {
  readonly keys: readonly VerificationKey[];
  /** By the clock of the process, which is never set back. */
  readonly at: number;
}

/**
 * The keys of an identity provider. They are fetched ahead of need, so that a token waits only for a first set or for a key that
 * is new; and never more often than once a cooldown, whatever tokens name.
 */
export class RemoteKeys {
  readonly counters: RemoteCounters = { fetched: 0, failed: 0 };
  readonly #options: RemoteOptions;
  readonly #log: Logger;
  readonly #keyGone: () => void;
  readonly #closed = new AbortController();
  /** Of the last set, also when that is too old to be used: an URL that is down takes no session away. */
  readonly #ring = new KeyRing();
  #held: Held | undefined;
  #begun = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;
  #failure: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `keyGone` is told when a key is no longer in the set. */
  constructor(options: RemoteOptions, log: Logger, keyGone: () => void) {
    this.#options = options;
    this.#log = log;
    this.#keyGone = keyGone;
  }

  /** Fetches in the background from now on. */
  start(): void {
    void this.#fetchOnce();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closed.abort();
  }

  has(id: string): boolean {
    return this.#ring.has(id);
  }

  /** Keys that are in use, and the age of their set in ms. */
  get state(): { readonly keys: number; readonly age: number } {
    const keys = this.#usable()?.length ?? 0;
    return { keys, age: this.#held ? performance.now() - this.#held.at : 0 };
  }

  /** The keys that a token may be signed with. Rejects with `Denied` (`unavailable`) when that cannot be known now. */
  async find(algorithm: Algorithm, kid: string | undefined): Promise<readonly VerificationKey[]> {
    if (!this.#usable()) await this.#fetchIfDue();
    else if (!this.#knows(kid)) await this.#fetchIfDue();
    const keys = this.#usable();
    if (!keys) throw new Denied("unavailable", `the keys of tokens.jwks are not there: ${this.#why()}`);
    if (!this.#knows(kid) && this.#failure !== undefined)
      throw new Denied("unavailable", `its key is not known, and tokens.jwks is down: ${this.#why()}`);
    return candidates(keys, algorithm, kid);
  }

  /**
   * For a token that is signed with none of those that were tried: its key may have been replaced under the same name, or under none.
   * Never rejects.
   */
  async findOthers(
    algorithm: Algorithm,
    kid: string | undefined,
    tried: readonly VerificationKey[],
  ): Promise<readonly VerificationKey[]> {
    await this.#fetchIfDue();
    const ids = new Set(tried.map(({ id }) => id));
    return candidates(this.#usable() ?? [], algorithm, kid).filter(({ id }) => !ids.has(id));
  }

  #knows(kid: string | undefined): boolean {
    return kid === undefined || (this.#held?.keys.some((key) => key.kid === kid) ?? false);
  }

  #usable(): readonly VerificationKey[] | undefined {
    const { refresh, stale } = this.#options;
    if (!this.#held || performance.now() - this.#held.at > refresh + stale) return undefined;
    return this.#held.keys;
  }

  #why(): string {
    return this.#failure ?? "they are being fetched";
  }

  async #fetchIfDue(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    if (performance.now() - this.#begun < this.#options.cooldown) return;
    await this.#fetchOnce();
  }

  /** Never rejects. */
  #fetchOnce(): Promise<void> {
    clearTimeout(this.#timer);
    this.#begun = performance.now();
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
      this.#schedule();
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { url, timeout } = this.#options;
    try {
      const { keys, faults } = await fetchKeySet({ url, timeout, closed: this.#closed.signal });
      this.counters.fetched++;
      this.#take(keys, faults);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.counters.failed++;
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #take(keys: readonly VerificationKey[], faults: readonly string[]): void {
    const isFirst = this.#held === undefined;
    const recovered = this.#failure !== undefined;
    const sizeBefore = this.#ring.size;
    this.#held = { keys, at: performance.now() };
    this.#failure = undefined;
    const gone = this.#ring.set(REMOTE_PLACE, keys);
    const about = { keys: keys.length, ...(faults.length > 0 ? { leftOut: faults.slice(0, 5) } : {}) };
    if (keys.length === 0) this.#log.warn(about, "the set of tokens.jwks holds no key that can be used");
    else if (isFirst || recovered || gone || this.#ring.size !== sizeBefore)
      this.#log.info(about, "keys of tokens.jwks fetched");
    if (gone) this.#keyGone();
  }

  #fail(reason: string): void {
    if (reason !== this.#failure)
      this.#log.warn(
        { reason, keys: this.#usable()?.length ?? 0 },
        "keys of tokens.jwks cannot be fetched; those that are there are used until tokens.jwks.stale",
      );
    this.#failure = reason;
  }

  #schedule(): void {
    if (this.#closed.signal.aborted) return;
    const { refresh, cooldown } = this.#options;
    const pause = this.#failure === undefined ? Math.max(refresh, cooldown) : cooldown;
    this.#timer = setTimeout(() => void this.#fetchOnce(), pause).unref();
  }
}
