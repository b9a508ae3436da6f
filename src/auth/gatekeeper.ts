import { anonymous, local } from "../access/anonymous.js";
import type { Audit } from "../access/audit.js";
import { Denied } from "../access/denied.js";
import type { Attempt, ChannelEntry, Gate, GateChange } from "../access/gate.js";
import { checkChannel, type Grant, holderOf } from "../access/grant.js";
import { isLoopback } from "../access/loopback.js";
import { formatPeer } from "../access/peer.js";
import type { Principal, Proof } from "../access/principal.js";
import type { Rights } from "../access/rights.js";
import type { Backoff } from "./backoff.js";
import type { CredentialKind, Method } from "./method.js";
import type { RightsSource } from "./rights-source.js";
import { withinUrl } from "./signed-urls/url-rights.js";

export interface GatekeeperOptions {
  /** In the order in which they are asked; the first that knows what was brought decides. */
  readonly methods: readonly Method[];
  /** Whether those are let in who bring nothing. */
  readonly anonymous: boolean;
  /** Whether only this machine can reach the server: then the REST API may do without credentials where clients may. */
  readonly loopbackOnly: boolean;
  /** Undefined while everybody may do everything. */
  readonly rights: RightsSource | undefined;
  readonly backoff: Backoff;
  /** Rejects with `Denied`. */
  readonly grant: (token: string) => Promise<Grant>;
  readonly audit: Audit;
}

/** Attempts by outcome. */
export interface GatekeeperCounters {
  admitted: number;
  readonly refused: Record<Denied["kind"], number>;
}

/** Asks every way to say who one is, in order. What it cannot decide it denies. */
export class Gatekeeper implements Gate {
  readonly counters: GatekeeperCounters = {
    admitted: 0,
    refused: { credentials: 0, expired: 0, forbidden: 0, unavailable: 0, backoff: 0 },
  };
  readonly #options: GatekeeperOptions;
  readonly #listeners = new Set<(change: GateChange) => void>();

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  get anonymous(): boolean {
    return this.#options.anonymous;
  }

  async admit(attempt: Attempt): Promise<Principal> {
    try {
      this.#refuseGuesser(attempt);
      const principal = await this.#judge(attempt);
      this.#letIn(attempt, principal);
      return principal;
    } catch (error) {
      throw this.#refused(attempt, asDenied(error));
    }
  }

  async grant(token: string, entry?: ChannelEntry): Promise<Grant> {
    if (!entry) return this.#options.grant(token);
    const attempt: Attempt = { door: "v3", peer: entry.peer, token };
    // A token that is none for a subscription is brought to `admit`, which counts it and tells of it.
    this.#refuseGuesser(attempt);
    const grant = await this.#options.grant(token);
    try {
      checkChannel(grant, entry.channel);
    } catch (error) {
      throw this.#refused(attempt, asDenied(error));
    }
    this.#letIn(attempt, holderOf(grant));
    return grant;
  }

  rightsOf(principal: Principal, clientId: string): Rights | undefined {
    if (principal.unrestricted) return undefined;
    const rights = this.#options.rights?.rightsOf(principal, clientId);
    return principal.proof === "signed-url" ? withinUrl(principal, rights) : rights;
  }

  stands(principal: Principal): boolean {
    if (principal.proof === "none") return this.#options.anonymous;
    return this.#options.methods.every((method) => method.stands(principal));
  }

  onChange(listener: (change: GateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What credentials or rights come from is another from now on. */
  changed(change: GateChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #refuseGuesser(attempt: Attempt): void {
    if (this.#options.backoff.refuses(attempt))
      throw new Denied("backoff", "too many attempts have failed of late");
  }

  #letIn(attempt: Attempt, { user, proof, credential }: Principal): void {
    const { audit, backoff } = this.#options;
    if (proof !== "none" && proof !== "loopback") backoff.succeeded(attempt);
    this.counters.admitted++;
    audit.admitted({ ...aboutOf(attempt), user, proof, credential });
  }

  #refused(attempt: Attempt, denied: Denied): Denied {
    const { audit, backoff } = this.#options;
    if (denied.kind === "credentials") backoff.failed(attempt);
    this.counters.refused[denied.kind]++;
    audit.refused({ ...aboutOf(attempt), user: attempt.username, reason: denied.message });
    return denied;
  }

  async #judge(attempt: Attempt): Promise<Principal> {
    const principal = (await this.#known(attempt)) ?? this.#stranger(attempt);
    if (principal.expiresAt !== undefined && principal.expiresAt <= Date.now())
      throw new Denied("expired", "the credential has ended");
    if (
      principal.clientId !== undefined &&
      attempt.door === "mqtt" &&
      attempt.clientId !== principal.clientId
    )
      throw new Denied("forbidden", `the credential is for client ${JSON.stringify(principal.clientId)}`);
    return this.#withScopes(principal);
  }

  async #known(attempt: Attempt): Promise<Principal | undefined> {
    for (const method of this.#options.methods) {
      const principal = await method.admit(attempt);
      if (principal) return principal;
    }
    return undefined;
  }

  /** Nobody knows what was brought, or nothing was. */
  #stranger(attempt: Attempt): Principal {
    const { methods, loopbackOnly } = this.#options;
    if (bringsCredentials(attempt, methods))
      throw new Denied("credentials", "nothing that is configured knows the credentials");
    if (!this.#options.anonymous) throw new Denied("credentials", "no credentials were given");
    const server = attempt.door === "rest" || attempt.door === "metrics";
    // Behind a proxy on this machine there may be others, whom it has told of.
    return server && loopbackOnly && isLoopback(attempt.peer.address) ? local : anonymous;
  }

  #withScopes(principal: Principal): Principal {
    const { rights } = this.#options;
    if (!rights || principal.user === "" || limited.has(principal.proof)) return principal;
    const more = rights.scopesOf(principal.user);
    return more.size === 0 ? principal : { ...principal, scopes: new Set([...principal.scopes, ...more]) };
  }
}

function aboutOf({ door, peer, clientId }: Attempt) {
  return { door, remote: formatPeer(peer), client: clientId };
}

/** Credentials that name their scopes so as to have no others, whatever else their user may do. */
const limited: ReadonlySet<Proof> = new Set<Proof>(["key", "signed-url"]);

/** Clients send names, passwords and keys also where none are asked for: there these are no credentials. */
function bringsCredentials(attempt: Attempt, methods: readonly Method[]): boolean {
  const { door, username, password, token, key, cookie, signedUrl } = attempt;
  const judged = (kind: CredentialKind) =>
    methods.some((method) => method.judges?.(door).includes(kind) ?? true);
  // Whoever has a token wants to be the one whom it names, and not anybody.
  const tokenCounts = door === "channel" || door === "v3" || judged("token");
  return (
    cookie !== undefined ||
    signedUrl?.query.has("signature") === true ||
    (token !== undefined && tokenCounts) ||
    (key !== undefined && judged("key")) ||
    ((username !== undefined || password !== undefined) && judged("password"))
  );
}

/** A fault of ours lets nobody in. */
function asDenied(error: unknown): Denied {
  if (error instanceof Denied) return error;
  return new Denied("unavailable", error instanceof Error ? error.message : String(error));
}
