import { anonymous } from "../../../src/access/anonymous.js";
import { Denied } from "../../../src/access/denied.js";
import type { Attempt, ChannelEntry, Gate, GateChange } from "../../../src/access/gate.js";
import { checkChannel, type Grant } from "../../../src/access/grant.js";
import type { Principal } from "../../../src/access/principal.js";
import type { ChannelAction, Readable, Rights } from "../../../src/access/rights.js";
import { noScopes } from "../../../src/access/scope.js";
import { levelsMatch, topicMatches } from "../../../src/mqtt/topics.js";
import { TestTokens } from "./test-tokens.js";

/** What one user may do. A `-` before a filter denies. */
export interface UserRules {
  readonly publish?: readonly string[];
  readonly subscribe?: readonly string[];
  /** `ACTION CHANNEL`, for channels with a statement of their own. */
  readonly channels?: readonly string[];
}

/** Rules by user; the empty name is that of clients without credentials, and who is not here may do nothing. */
export type Rules = Readonly<Record<string, UserRules>>;

/** A gate with rules that can change, over tokens that anybody can read. */
export class TestGate implements Gate {
  readonly tokens = new TestTokens();
  anonymous = true;
  /** What was brought, in order. */
  readonly attempts: Attempt[] = [];
  /** Thrown instead of letting anybody in. */
  refusal: Denied | undefined;
  /** Users whose credentials count no more. */
  readonly gone = new Set<string>();
  /** Users by login cookie, and by key. */
  readonly cookies = new Map<string, string>();
  readonly keys = new Map<string, Partial<Principal>>();
  #rules: Rules | undefined;
  readonly #listeners = new Set<(change: GateChange) => void>();

  constructor(rules?: Rules) {
    this.#rules = rules;
  }

  async admit(attempt: Attempt): Promise<Principal> {
    this.attempts.push(attempt);
    const principal = await this.#judge(attempt);
    if (!this.stands(principal)) throw new Denied("credentials", "the account is gone");
    return principal;
  }

  async #judge(attempt: Attempt): Promise<Principal> {
    if (this.refusal) throw this.refusal;
    const { token, cookie, key, signedUrl } = attempt;
    const known = { ...anonymous, scopes: noScopes };
    if (token !== undefined)
      return { ...known, ...(await this.tokens.verifyConnection(token)), proof: "token" };
    const user = cookie === undefined ? undefined : this.cookies.get(cookie);
    if (user !== undefined) return { ...known, user, proof: "cookie" };
    const holder = key === undefined ? undefined : this.keys.get(key);
    if (holder) return { ...known, proof: "key", ...holder };
    if (signedUrl?.query.get("signature") === "good") return { ...known, user: "url", proof: "signed-url" };
    if (cookie !== undefined || key !== undefined || signedUrl)
      throw new Denied("credentials", "nobody knows them");
    if (!this.anonymous) throw new Denied("credentials", "no credentials were given");
    return anonymous;
  }

  async grant(token: string, entry?: ChannelEntry): Promise<Grant> {
    const grant = await this.tokens.verifySubscription(token);
    if (entry) checkChannel(grant, entry.channel);
    return grant;
  }

  rightsOf({ user, unrestricted }: Principal): Rights | undefined {
    return this.#rules === undefined || unrestricted ? undefined : rightsFrom(this.#rules[user] ?? {});
  }

  stands({ user }: Principal): boolean {
    return !this.gone.has(user);
  }

  onChange(listener: (change: GateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Other rules hold from now on, and everybody is told. */
  change(rules: Rules | undefined = this.#rules): void {
    this.#rules = rules;
    for (const listener of this.#listeners) listener("rights");
  }
}

function rightsFrom({ publish = [], subscribe = [], channels = [] }: UserRules): Rights {
  const stated = new Map(channels.map((text) => [text.replace(/^-/, ""), !text.startsWith("-")]));
  return {
    mayPublish: (topic) => isAllowed(publish, topic),
    mayReceive: (topic) => isAllowed(subscribe, topic),
    receiveQos: (topic) => (isAllowed(subscribe, topic) ? 2 : undefined),
    readable: (filter) => readable(subscribe, filter),
    channel: (name: string, action: ChannelAction) => stated.get(`${action} ${name}`),
  };
}

function isAllowed(rules: readonly string[], topic: string): boolean {
  const { allowed, denied } = split(rules);
  return allowed.some((one) => topicMatches(one, topic)) && !denied.some((one) => topicMatches(one, topic));
}

function readable(rules: readonly string[], filter: string): Readable | undefined {
  const { allowed, denied } = split(rules);
  if (!allowed.some((one) => overlap(one, filter))) return undefined;
  if (denied.some((one) => covers(one, filter))) return undefined;
  const whole = allowed.some((one) => covers(one, filter)) && !denied.some((one) => overlap(one, filter));
  return { qos: 2, whole };
}

function split(rules: readonly string[]): { allowed: string[]; denied: string[] } {
  const denied = rules.filter((rule) => rule.startsWith("-")).map((rule) => rule.slice(1));
  return { allowed: rules.filter((rule) => !rule.startsWith("-")), denied };
}

/** Whether every topic of `filter` is one of `rule`. */
function covers(rule: string, filter: string): boolean {
  const [wanted, levels] = [rule.split("/"), filter.split("/")];
  if (rule === "#") return true;
  if (levels.at(-1) === "#" && wanted.at(-1) !== "#") return false;
  return (
    levels.every(
      (level, at) =>
        level !== "+" || wanted[at] === "+" || (wanted.indexOf("#") <= at && wanted.includes("#")),
    ) && levelsMatch(wanted, levels)
  );
}

/** Whether they have a topic in common. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [one.split("/"), other.split("/")];
  for (let at = 0; ; at++) {
    const [x, y] = [a[at], b[at]];
    if (x === "#" || y === "#") return true;
    if (x === undefined || y === undefined) return x === y || a[at] === "#" || b[at] === "#";
    if (x !== y && x !== "+" && y !== "+") return false;
  }
}
