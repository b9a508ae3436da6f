import type { Audit } from "../access/audit.js";
import type { Gate } from "../access/gate.js";
import type { LimitedLog } from "../log/limited.js";
import type { StoredWill } from "../storage/store.js";
import { Claims } from "./claims.js";
import type { Client } from "./client.js";
import type { Clients } from "./clients.js";
import type { Counters } from "./counters.js";
import { CredentialExpiry } from "./credential-expiry.js";
import { Entrance } from "./entrance.js";
import type { MessageRefusal } from "./inbound.js";
import type { Message } from "./message.js";
import { principalOf } from "./owner.js";
import { Patience } from "./patience.js";
import { Permissions } from "./permissions.js";
import type { Session } from "./session.js";
import type { SessionOwner, Sessions } from "./sessions.js";

/** Characters of a topic in a line of the log. */
const LOGGED = 200;

export interface AccessContext {
  readonly gate: Gate;
  readonly audit: Audit;
  readonly sessions: Sessions;
  readonly clients: Clients;
  readonly counters: Counters;
  readonly limitedLog: LimitedLog;
  /** Milliseconds that a decision on a CONNECT may take. */
  readonly connectTimeout: number;
  onStoreFailure(error: unknown, doing: string, client: string): void;
}

/** Who is let in, what clients may do, and what is told of it. */
export class Access {
  readonly claims = new Claims();
  readonly entrance: Entrance;
  readonly permissions: Permissions<Client>;
  readonly gate: Gate;
  readonly #context: AccessContext;
  readonly #deciding: Patience;
  readonly #credentials = new CredentialExpiry<Client>((client) => this.#expired(client));

  constructor(context: AccessContext) {
    this.#context = context;
    const { gate, sessions, clients, counters, audit } = context;
    this.gate = gate;
    this.#deciding = new Patience(
      context.connectTimeout,
      "whether it is let in was not decided within mqtt.connectTimeout",
    );
    this.entrance = new Entrance({
      gate,
      sessions,
      claims: this.claims,
      counters,
      audit,
      patience: this.#deciding,
      connectionOf: (client) => clients.of(client)?.connection,
    });
    this.permissions = new Permissions({
      gate,
      sessions,
      online: () => clients.all(),
      onRevoked: (client) => this.#revoked(client),
      onSubscriptionRevoked: (session, filter) => this.#subscriptionRevoked(session, filter),
      onStoreFailure: (error, doing, client) => context.onStoreFailure(error, doing, client),
    });
  }

  stop(): void {
    this.#deciding.stop();
    this.#credentials.stop();
    this.permissions.stop();
  }

  /** The client's CONNACK is out; its session is about to send. */
  opened(client: Client, session: Session): void {
    const { principal } = client;
    if (!this.permissions.open(session, principal)) process.nextTick(() => this.#revoked(client));
    if (principal.expiresAt !== undefined) this.#credentials.watch(client, principal.expiresAt);
  }

  /** Whether a client that was let in may be connected: its identifier may have become another user's while it had to wait. */
  isStillOwn(client: SessionOwner): boolean {
    if (this.entrance.isOwn(client)) return true;
    const { counters, limitedLog, clients } = this.#context;
    counters.refused.identifier++;
    limitedLog.warn("client refused", {
      client: client.id,
      remote: clients.of(client)?.connection.remote,
      reason: "its client identifier has become another user's",
    });
    return false;
  }

  /** The client's connection is gone. */
  closed(client: Client): void {
    this.entrance.left(client.engine);
    this.#deciding.forget(client.connection);
    this.#credentials.forget(client);
  }

  /**
   * Whether a will that an earlier run left behind may be published by its owner. Where only its credential tells what that may do,
   * that was asked at CONNECT.
   */
  mayPublish({ clientId, owner, topic, qos, retain }: StoredWill): boolean {
    const principal = principalOf(owner);
    const rights = principal && this.gate.rightsOf(principal, clientId);
    if (rights === undefined || rights.mayPublish(topic, qos, retain)) return true;
    this.#willDenied(clientId, owner?.user, topic);
    return false;
  }

  willDenied({ id, principal }: SessionOwner, topic: string): void {
    this.#willDenied(id, principal?.user, topic);
  }

  subscriptionDenied({ id, principal }: SessionOwner, filter: string): void {
    this.#context.counters.subscriptionsDenied++;
    this.#context.limitedLog.warn("subscription refused: the client may not receive what it matches", {
      ...who(id, principal?.user),
      filter: filter.slice(0, LOGGED),
    });
  }

  messageRefused({ clientId, principal }: Session, message: Message, why: MessageRefusal): void {
    const { topic, qos, retain } = message;
    const about = { ...who(clientId, principal?.user), topic: topic.slice(0, LOGGED), qos, retain };
    this.#context.counters.refusedMessages[why]++;
    this.#context.limitedLog.warn(WHY[why], about);
  }

  #willDenied(client: string, user: string | undefined, topic: string): void {
    this.#context.counters.willsDenied++;
    this.#context.limitedLog.warn("a will was not published: its owner may not any more", {
      ...who(client, user),
      topic: topic.slice(0, LOGGED),
    });
  }

  #subscriptionRevoked({ clientId, principal }: Session, filter: string): void {
    this.#context.counters.subscriptionsRevoked++;
    this.#context.limitedLog.warn(
      "a subscription was taken away: the client may not receive what it matches any more",
      { ...who(clientId, principal?.user), filter: filter.slice(0, LOGGED) },
    );
  }

  /** What had let the client in has ended. */
  #expired(client: Client): void {
    const { proof } = client.principal;
    const credential = proof === "token" || proof === "certificate" ? proof : "credential";
    this.#context.counters.accessEnded.expired++;
    this.#end(client, `its ${credential} has expired`);
  }

  /** What had let the client in is not there any more. */
  #revoked(client: Client): void {
    if (client.connection.destroyed) return;
    const { proof } = client.principal;
    this.#context.counters.accessEnded.revoked++;
    this.#end(client, `its ${proof === "password" ? "account" : "credential"} is gone`);
  }

  #end(client: Client, reason: string): void {
    const { id, user, connection, principal } = client;
    const { proof, credential } = principal;
    const { remote } = connection;
    this.#context.audit.ended({ door: "mqtt", user, remote, client: id, proof, credential, reason });
    this.#context.clients.end(client, reason);
  }
}

const WHY: Readonly<Record<MessageRefusal, string>> = {
  rights: "message refused: the client may not publish it",
  messageRate: "message dropped: limits.messageRate is reached",
  byteRate: "message dropped: limits.byteRate is reached",
};

function who(client: string, user: string | undefined) {
  return { client, user: user || undefined };
}
