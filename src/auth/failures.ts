import type { Attempt } from "../access/gate.js";
import { networkOf } from "../access/network.js";
import type { Backoff } from "./backoff.js";
import { fingerprint } from "./fingerprint.js";
import { RecentMap } from "./recent-map.js";

export interface BackoffOptions {
  /** Failed attempts that cost nothing yet. */
  readonly failures: number;
  /** How long attempts are refused then, at first and at most; in ms. */
  readonly first: number;
  readonly longest: number;
}

/** Those of `accounts.backoff`, for a server without accounts. */
export const defaultBackoff: BackoffOptions = { failures: 10, first: 1_000, longest: 300_000 };

const MOST_NETWORKS = 20_000;
const MOST_PAIRS = 50_000;
const MOST_TRUSTED = 50_000;
/** Credentials that are remembered of a network that fails, so that each counts once. */
const MOST_CREDENTIALS = 16;
/** Of their fingerprints, in characters. */
const CREDENTIAL_LENGTH = 16;

interface Counter {
  failures: number;
  /** In ms of the clock: until then attempts are refused. The time of the last failure at the earliest. */
  until: number;
}

interface NetworkCounter extends Counter {
  /** The last ones that failed, shortened. */
  readonly credentials: string[];
}

/**
 * Makes those wait who bring wrong credentials again and again. Counted is by network, and by user name and network. Never by user
 * name alone: whoever knows the name of a device could lock it out from anywhere.
 *
 * Many share one network behind a router. So a network's counter counts each wrong credential once, for a device with an old password
 * repeats one and a guesser does not; and it does not stop a name that was let in from there before, which only its own counter stops.
 */
export class Failures implements Backoff {
  readonly networks = new RecentMap<NetworkCounter>(MOST_NETWORKS);
  readonly pairs = new RecentMap<Counter>(MOST_PAIRS);
  /** Pairs that were let in. */
  readonly trusted = new RecentMap<true>(MOST_TRUSTED);
  readonly #options: BackoffOptions;
  readonly #now: () => number;

  /** `now` is a clock in ms that never goes back. */
  constructor(options: BackoffOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  refuses(attempt: Attempt): boolean {
    if (!isGuess(attempt)) return false;
    const network = networkOf(attempt.peer.address);
    const pair = pairOf(attempt, network);
    if (this.#holds(this.pairs.get(pair))) return true;
    return this.#holds(this.networks.get(network)) && !this.trusted.get(pair);
  }

  failed(attempt: Attempt): void {
    if (!isGuess(attempt)) return;
    const network = networkOf(attempt.peer.address);
    const pair = pairOf(attempt, network);
    this.pairs.set(pair, this.#counted(this.#remembered(this.pairs.get(pair))));
    const counter = this.#remembered(this.networks.get(network));
    const credential = credentialOf(attempt);
    const credentials = counter?.credentials ?? [];
    if (counter && credentials.includes(credential)) return;
    if (credentials.push(credential) > MOST_CREDENTIALS) credentials.shift();
    this.networks.set(network, { ...this.#counted(counter), credentials });
  }

  succeeded(attempt: Attempt): void {
    if (!isGuess(attempt)) return;
    const pair = pairOf(attempt, networkOf(attempt.peer.address));
    this.pairs.delete(pair);
    this.trusted.set(pair, true);
  }

  #holds(counter: Counter | undefined): boolean {
    return counter !== undefined && counter.failures >= this.#options.failures && this.#now() < counter.until;
  }

  /** Failures are forgotten when after the last refusal it was quiet for the longest of them. */
  #remembered<Kind extends Counter>(counter: Kind | undefined): Kind | undefined {
    return counter && this.#now() < counter.until + this.#options.longest ? counter : undefined;
  }

  #counted(counter: Counter | undefined): Counter {
    const { failures: free, first, longest } = this.#options;
    const failures = (counter?.failures ?? 0) + 1;
    const wait = failures < free ? 0 : Math.min(longest, first * 2 ** Math.min(failures - free, 40));
    return { failures, until: this.#now() + wait };
  }
}

/** An expired cookie is not a guess, nor is bringing nothing: a page does both by itself before the login. */
function isGuess({ username, password, token, key, signedUrl }: Attempt): boolean {
  return [username, password, token, key, signedUrl].some((one) => one !== undefined);
}

/** A name from a network; without a name, what was brought in its place. Of the same length for every name, however long. */
function pairOf(attempt: Attempt, network: string): string {
  const { username } = attempt;
  return username === undefined
    ? fingerprint("credential", network, credentialOf(attempt))
    : fingerprint("name", network, username);
}

function credentialOf({ username, password, token, key, signedUrl }: Attempt): string {
  const { channel, query } = signedUrl ?? {};
  return fingerprint(username, password, token, key, channel, query?.toString()).slice(0, CREDENTIAL_LENGTH);
}
