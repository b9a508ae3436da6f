import { isUtf8 } from "node:buffer";
import { anonymous } from "../access/anonymous.js";
import type { Audit } from "../access/audit.js";
import { Denied } from "../access/denied.js";
import type { Gate } from "../access/gate.js";
import { openGate } from "../access/open-gate.js";
import type { Principal } from "../access/principal.js";
import type { Claims } from "./claims.js";
import type { Connection } from "./connection.js";
import type { Counters } from "./counters.js";
import type { QoS } from "./message.js";
import { ownerOf } from "./owner.js";
import type { Patience } from "./patience.js";
import { Refusal } from "./refusal.js";
import type { SessionOwner, Sessions } from "./sessions.js";

/** What a CONNECT brings beside the client identifier. */
export interface Credentials {
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
}

/** What of a will has to be allowed. */
export interface WillContent {
  readonly topic: string;
  readonly qos?: QoS;
  readonly retain?: boolean;
}

/** A client whose CONNECT is being decided on: the engine's object for the connection. */
export interface Newcomer extends SessionOwner {
  readonly closed: boolean;
  /** Of its CONNECT. */
  asked?: { readonly will: WillContent | undefined };
  /** The identifier has been claimed for it. */
  claimed?: boolean;
}

export interface EntranceContext {
  readonly gate: Gate;
  readonly sessions: Sessions;
  readonly claims: Claims;
  readonly counters: Counters;
  readonly audit: Audit;
  /** Closes those who wait too long for a decision. */
  readonly patience: Patience;
  connectionOf(client: object): Connection | undefined;
}

/**
 * Decides on a CONNECT: who it is, whether the client identifier is its own, and whether it may leave its will. Until that is done
 * nothing is touched of a session or a connection with the same identifier.
 */
export class Entrance {
  readonly #context: EntranceContext;

  constructor(context: EntranceContext) {
    this.#context = context;
  }

  /** `decided` is not called for a client that has gone meanwhile. */
  enter(client: Newcomer, credentials: Credentials, decided: (refusal: Refusal | undefined) => void): void {
    const { gate, patience } = this.#context;
    const connection = this.#context.connectionOf(client);
    if (!connection) return;
    if (gate === openGate) {
      decided(this.#judge(client, anonymous, connection));
      return;
    }
    patience.begin(connection);
    const { peer } = connection;
    const { username } = credentials;
    gate
      .admit({ door: "mqtt", peer, clientId: client.id, username, password: passwordOf(credentials) })
      .then(
        (principal) => this.#judge(client, principal, connection),
        (error) => this.#count(refusalOf(error)),
      )
      .then((refusal) => {
        patience.forget(connection);
        if (refusal) refusal.user ??= username;
        if (!client.closed && !connection.destroyed) decided(refusal);
      });
  }

  /** The client is let in under its identifier, which is its user's from now on. */
  claim(client: Newcomer): void {
    const owner = client.principal && ownerOf(client.principal);
    if (!owner?.user) return;
    client.claimed = true;
    this.#context.claims.add(client.id, owner);
  }

  /** The connection of a client that was let in is gone. */
  left({ id, claimed }: Pick<Newcomer, "id" | "claimed">): void {
    if (claimed) this.#context.claims.release(id);
  }

  /** Whether the client identifier is the client's own, or nobody's. */
  isOwn({ id, principal = anonymous }: SessionOwner): boolean {
    const { claims, sessions } = this.#context;
    const user = (claims.ownerOf(id) ?? sessions.ownerOf(id))?.user ?? "";
    return user === "" || user === principal.user;
  }

  #judge(client: Newcomer, principal: Principal, connection: Connection): Refusal | undefined {
    const named = { id: client.id, clean: client.clean, principal };
    if (!this.isOwn(named))
      return this.#refuse(
        client,
        principal,
        connection,
        "identifier",
        "the client identifier is another user's",
      );
    const will = client.asked?.will;
    const rights = will && this.#context.gate.rightsOf(principal, client.id);
    if (will && rights && !rights.mayPublish(will.topic, will.qos ?? 0, will.retain ?? false))
      return this.#refuse(
        client,
        principal,
        connection,
        "will",
        `it may not publish its will: ${will.topic}`,
      );
    client.principal = principal;
    return undefined;
  }

  /** Somebody who is known, and not let in for what it wants. */
  #refuse(
    client: Newcomer,
    { user }: Principal,
    { remote }: Connection,
    kind: "identifier" | "will",
    reason: string,
  ): Refusal {
    this.#context.audit.refused({ door: "mqtt", user, remote, client: client.id, reason });
    const refusal = this.#count(new Refusal(kind === "identifier" ? 2 : 5, reason, kind));
    refusal.user = user || undefined;
    return refusal;
  }

  #count(refusal: Refusal): Refusal {
    if (refusal.kind) this.#context.counters.refused[refusal.kind]++;
    return refusal;
  }
}

/** A fault of ours lets nobody in. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Denied) return Refusal.denied(error.kind, error.message);
  return Refusal.denied("unavailable", error instanceof Error ? error.message : String(error));
}

/** Clients that do not send UTF-8 send Latin-1. */
function passwordOf({ password }: Credentials): string | undefined {
  return password?.toString(isUtf8(password) ? "utf8" : "latin1");
}
