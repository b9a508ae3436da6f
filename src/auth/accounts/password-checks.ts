import { Denied } from "../../access/denied.js";
import type { Attempt } from "../../access/gate.js";
import { networkOf } from "../../access/network.js";
import type { Backoff } from "../backoff.js";
import { FairQueue } from "../fair-queue.js";
import { fingerprint } from "../fingerprint.js";
import { RecentMap } from "../recent-map.js";
import type { PasswordHash } from "./password-hash.js";

/** Node has four threads for this and for files; the store must not wait for passwords. */
const AT_ONCE = 2;
const MOST_WAITING = 1_000;
/** An MQTT client gives up, or is given up, at about this time. */
const PATIENCE_MS = 10_000;
const MOST_REMEMBERED = 100_000;

/** Looks at passwords, which is made to cost much: few at a time, and the right ones are remembered. */
export class PasswordChecks {
  readonly queue = new FairQueue({
    what: "checking passwords",
    atOnce: AT_ONCE,
    most: MOST_WAITING,
    patience: PATIENCE_MS,
  });
  /** By name, password and hash, so that nothing is remembered of a hash that was replaced. */
  readonly remembered = new RecentMap<true>(MOST_REMEMBERED);
  /** Since the start: answered from memory, and worked out. */
  hits = 0;
  misses = 0;
  readonly #backoff: Pick<Backoff, "refuses">;
  /** The same question asked again while it is being answered. */
  readonly #open = new Map<string, Promise<boolean>>();

  constructor(backoff: Pick<Backoff, "refuses">) {
    this.#backoff = backoff;
  }

  /** Rejects with `Denied` when it cannot be said. */
  matches(attempt: Attempt, name: string, password: string, hash: PasswordHash): Promise<boolean> {
    const key = fingerprint(name, password, hash.text);
    if (this.remembered.get(key)) {
      this.hits++;
      return Promise.resolve(true);
    }
    return this.#once(attempt, key, password, hash).then((right) => {
      if (right) this.remembered.set(key, true);
      return right;
    });
  }

  /** Takes as long as for an account with this hash, also when it is asked several times at once, and says nothing. */
  async pretend(attempt: Attempt, name: string, password: string, hash: PasswordHash): Promise<void> {
    await this.#once(attempt, fingerprint("unknown", name, password, hash.text), password, hash);
  }

  #once(attempt: Attempt, key: string, password: string, hash: PasswordHash): Promise<boolean> {
    const network = networkOf(attempt.peer.address);
    const question = `${key} ${network}`;
    const open = this.#open.get(question);
    if (open) return open;
    const answer = this.#work(attempt, network, password, hash).finally(() => this.#open.delete(question));
    this.#open.set(question, answer);
    return answer;
  }

  #work(attempt: Attempt, network: string, password: string, hash: PasswordHash): Promise<boolean> {
    return this.queue.run(network, async () => {
      // Others of the same origin may have failed since this one came: a burst gets no more guesses than a row.
      if (this.#backoff.refuses(attempt))
        throw new Denied("backoff", "too many attempts have failed of late");
      this.misses++;
      return hash.matches(password);
    });
  }
}
