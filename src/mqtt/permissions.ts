import { setImmediate as nextTurn } from "node:timers/promises";
import type { Gate, GateChange } from "../access/gate.js";
import type { Principal } from "../access/principal.js";
import type { Rights } from "../access/rights.js";
import { AwayRights } from "./away-rights.js";
import { KeptSession } from "./kept-session.js";
import type { QoS } from "./message.js";
import { noRights } from "./no-rights.js";
import { ownerOf, principalOf } from "./owner.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { innerFilter } from "./topics.js";

/** Sessions that are judged before the rest of the process gets its turn. */
const BATCH = 200;

/** A client that is let in, as far as it matters here. */
interface Online {
  readonly session: Session | undefined;
  readonly connection: { readonly destroyed: boolean };
}

export interface PermissionsContext<C extends Online> {
  readonly gate: Gate;
  readonly sessions: Sessions;
  online(): Iterable<C>;
  /** What let the client in is gone. */
  onRevoked(client: C): void;
  onSubscriptionRevoked(session: Session, filter: string): void;
  onStoreFailure(error: unknown, doing: string, client: string): void;
}

/** Gives sessions their rights, and makes what they hold already agree with them whenever these change. */
export class Permissions<C extends Online = Online> {
  readonly #context: PermissionsContext<C>;
  readonly #end: () => void;
  /** Counts changes: a round that another change overtakes begins anew. */
  #changes = 0;
  #running = false;
  /** Sessions whose rights are others than those that their subscriptions were judged by. */
  readonly #unjudged = new WeakSet<Session>();

  constructor(context: PermissionsContext<C>) {
    this.#context = context;
    this.#end = context.gate.onChange((change) => this.#changed(change));
  }

  stop(): void {
    this.#end();
    this.#changes = Number.NaN; // equals nothing: a round that is under way ends
  }

  /** A client is let in to its session, which may have been there before. False when what let it in has gone since. */
  open(session: Session, principal: Principal): boolean {
    session.principal = principal;
    session.rights = this.#rightsNow(principal, session.clientId);
    if (session instanceof KeptSession) session.owner = ownerOf(principal);
    if (session.rights === noRights) guard(session, noRights);
    else this.#judge(session, false);
    return session.rights !== noRights;
  }

  /** What sessions that were found in the store may get while their clients are away. */
  load(): void {
    for (const session of this.#context.sessions.kept()) this.#renewAway(session);
  }

  /** Undefined for what a client may not subscribe to; else the QoS that it is granted. */
  granted(session: Session, filter: string, qos: QoS): QoS | undefined {
    const { rights } = session;
    if (rights === undefined) return qos;
    const readable = rights.readable(innerFilter(filter));
    if (!readable) return undefined;
    if (!readable.whole || readable.uneven) guard(session, rights);
    return Math.min(qos, readable.qos) as QoS;
  }

  /** At once for whatever a client does from now on; what it has subscribed to is gone through in turns. */
  #changed(change: GateChange): void {
    this.#changes++;
    const { gate, online } = this.#context;
    for (const { session } of online()) {
      if (!session?.principal) continue;
      const { principal, clientId } = session;
      if (change === "credentials" && gate.stands(principal)) continue;
      this.#unjudged.add(session);
      session.rights = this.#rightsNow(principal, clientId);
      session.guard = session.rights;
      session.guarded = true;
    }
    if (this.#running) return;
    this.#running = true;
    this.#judgeAll()
      .catch((error) => this.#context.onStoreFailure(error, "applying changed rights", ""))
      .finally(() => {
        this.#running = false;
      });
  }

  async #judgeAll(): Promise<void> {
    for (let judged = -1; judged !== this.#changes && !Number.isNaN(this.#changes); ) {
      judged = this.#changes;
      let count = 0;
      for (const client of [...this.#context.online()]) {
        this.#judgeOnline(client);
        if (++count % BATCH === 0) await nextTurn();
        if (judged !== this.#changes) break;
      }
      for (const session of this.#context.sessions.kept()) {
        if (judged !== this.#changes) break;
        if (session.awaySince !== undefined) this.#renewAway(session);
        if (++count % BATCH === 0) await nextTurn();
      }
    }
  }

  #judgeOnline(client: C): void {
    const { session, connection } = client;
    if (connection.destroyed || !session?.principal) return;
    if (session.rights === noRights) this.#context.onRevoked(client);
    else if (this.#unjudged.delete(session)) this.#judge(session, true);
  }

  /** Takes away what a session may not subscribe to any more, and lowers what it may at a lower QoS only. */
  #judge(session: Session, isOnline: boolean): void {
    const { rights } = session;
    session.guard = undefined;
    session.guarded = false;
    if (rights === undefined) return;
    const { sessions } = this.#context;
    const removed: string[] = [];
    const lowered: string[] = [];
    for (const [filter, qos] of session.subscriptions) {
      const granted = this.granted(session, filter, qos);
      if (granted === undefined) removed.push(filter);
      else if (granted < qos) {
        lowered.push(filter);
        sessions.subscribe(session, filter, granted);
      }
    }
    if (isOnline && sessions.isBehind(session)) guard(session, rights);
    // What waits for a client that is back is gone through once, from the store.
    else if (session.kept && !isOnline) session.guard = rights;
    this.#take(session, removed, lowered);
  }

  #take(session: Session, removed: readonly string[], lowered: readonly string[]): void {
    if (removed.length === 0 && lowered.length === 0) return;
    const { sessions, onSubscriptionRevoked, onStoreFailure } = this.#context;
    sessions.unsubscribe(session, removed);
    for (const filter of removed) onSubscriptionRevoked(session, filter);
    sessions
      .storeSubscriptions(session, [...removed, ...lowered])
      .catch((error) => onStoreFailure(error, "taking subscriptions away", session.clientId));
  }

  /**
   * Of a client that is away, by what is known of it. Where that is not enough, what its filters match is kept for it, and judged
   * when it is back.
   */
  #renewAway(session: KeptSession): void {
    const { clientId } = session;
    const principal = session.principal ?? (session.owner && principalOf(session.owner));
    session.guard = principal && new AwayRights(() => this.#rightsNow(principal, clientId));
  }

  #rightsNow(principal: Principal, clientId: string): Rights | undefined {
    const { gate } = this.#context;
    return gate.stands(principal) ? gate.rightsOf(principal, clientId) : noRights;
  }
}

/** Has a session's messages asked for one by one, for as long as its subscriptions are what they are. */
function guard(session: Session, rights: Rights): void {
  session.guard = rights;
  session.guarded = true;
}
