import { anonymous } from "../../src/access/anonymous.js";
import { Denied } from "../../src/access/denied.js";
import type { Attempt, Gate, GateChange } from "../../src/access/gate.js";
import type { Grant } from "../../src/access/grant.js";
import type { Principal } from "../../src/access/principal.js";
import type { Readable, Rights } from "../../src/access/rights.js";
import { noScopes } from "../../src/access/scope.js";
import { topicMatches } from "../../src/mqtt/topics.js";

/** What a user may do: topic filters, in which `%c` stands for the client identifier. */
export interface Allowed {
  readonly publish?: readonly string[];
  readonly subscribe?: readonly string[];
  /** The highest QoS of both. */
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
}

/**
 * A gate whose users have their name and "!" for a password. Who is not told to be allowed anything may do everything, until somebody
 * is: then what is not allowed is denied.
 */
export class TestGate implements Gate {
  anonymous = true;
  readonly users = new Map<string, Partial<Principal>>();
  readonly attempts: Attempt[] = [];
  /** A decision on this user's CONNECT waits for the promise. */
  readonly waits = new Map<string, Promise<unknown>>();
  failure: Error | undefined;
  readonly #allowed = new Map<string, Allowed>();
  readonly #listeners = new Set<(change: GateChange) => void>();

  /** Adds a user; `more` is what its credential says besides. */
  add(user: string, more: Partial<Principal> = {}): this {
    this.users.set(user, more);
    return this;
  }

  /** In force at once, unless it is said that a change follows. */
  allow(user: string, allowed: Allowed): this {
    this.#allowed.set(user, allowed);
    return this;
  }

  changed(): void {
    for (const listener of this.#listeners) listener("rights");
  }

  async admit(attempt: Attempt): Promise<Principal> {
    this.attempts.push(attempt);
    const { username, password } = attempt;
    await this.waits.get(username ?? "");
    if (this.failure) throw this.failure;
    if (username === undefined && this.anonymous) return anonymous;
    const more = this.users.get(username ?? "");
    if (username === undefined || !more || password !== `${username}!`)
      throw new Denied("credentials", "wrong name or password");
    const known = { user: username, proof: "password", channels: [], scopes: noScopes } as const;
    return { ...known, unrestricted: false, ...more };
  }

  grant(): Promise<Grant> {
    return Promise.reject(new Denied("credentials", "no tokens here"));
  }

  rightsOf({ user, unrestricted, stated }: Principal, clientId: string): Rights | undefined {
    if (this.#allowed.size === 0 || unrestricted) return undefined;
    const { publish = [], subscribe = [], ...rest } = this.#allowed.get(user) ?? {};
    const all = {
      publish: [...publish, ...(stated?.publish ?? [])],
      subscribe: [...subscribe, ...(stated?.subscribe ?? [])],
    };
    return new TestRights(all, rest, clientId);
  }

  stands({ user, proof }: Principal): boolean {
    return proof === "none" ? this.anonymous : this.users.has(user);
  }

  onChange(listener: (change: GateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

class TestRights implements Rights {
  readonly #publish: readonly string[];
  readonly #subscribe: readonly string[];
  readonly #qos: 0 | 1 | 2;
  readonly #retain: boolean;

  constructor(
    { publish = [], subscribe = [] }: Allowed,
    { qos = 2, retain = true }: Allowed,
    clientId: string,
  ) {
    const filled = (filters: readonly string[]) => filters.map((filter) => filter.replaceAll("%c", clientId));
    this.#publish = filled(publish);
    this.#subscribe = filled(subscribe);
    this.#qos = qos;
    this.#retain = retain;
  }

  mayPublish(topic: string, qos: number, retain: boolean): boolean {
    if (qos > this.#qos || (retain && !this.#retain)) return false;
    return this.#publish.some((filter) => topicMatches(filter, topic));
  }

  readable(filter: string): Readable | undefined {
    const wanted = filter.split("/");
    const given = this.#subscribe.map((allowed) => allowed.split("/"));
    if (!given.some((allowed) => overlaps(allowed, wanted))) return undefined;
    return { qos: this.#qos, whole: given.some((allowed) => covers(allowed, wanted)) };
  }

  mayReceive(topic: string): boolean {
    return this.#subscribe.some((filter) => topicMatches(filter, topic));
  }

  receiveQos(topic: string): 0 | 1 | 2 | undefined {
    return this.mayReceive(topic) ? this.#qos : undefined;
  }

  channel(): undefined {
    return undefined;
  }
}

/** Whether some topic matches both. */
function overlaps([a, ...restOfA]: readonly string[], [b, ...restOfB]: readonly string[]): boolean {
  if (a === "#" || b === "#") return true;
  if (a === undefined || b === undefined)
    return a === b || (restOfA.length + restOfB.length === 0 && (a ?? b) === "#");
  return (a === b || a === "+" || b === "+") && overlaps(restOfA, restOfB);
}

/** Whether every topic that matches `b` matches `a`. */
function covers([a, ...restOfA]: readonly string[], [b, ...restOfB]: readonly string[]): boolean {
  if (a === "#") return true;
  if (a === undefined || b === undefined) return a === b;
  return (a === b || (a === "+" && b !== "#")) && covers(restOfA, restOfB);
}
