import type { ClientSource, ConnectedClient, Subscribed, Why } from "../http/api/client-source.js";
import type { SlowClient } from "../http/api/slow-clients.js";
import type { Session } from "./session.js";
import type { SlowSessions } from "./slow-sessions.js";

/** The sessions of the gateway, for those who look after them. One that was told to end is gone, though its socket may still be closing. */
export class SessionClients implements ClientSource {
  readonly kind = "session";
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #slowSessions: SlowSessions;

  constructor(sessions: ReadonlyMap<string, Session>, slowSessions: SlowSessions) {
    this.#sessions = sessions;
    this.#slowSessions = slowSessions;
  }

  *ids(user?: string): Iterable<string> {
    for (const [id, session] of this.#sessions)
      if (!session.closed && (user === undefined || session.user === user)) yield id;
  }

  find(id: string): ConnectedClient | undefined {
    const session = this.#open(id);
    if (!session) return undefined;
    const { user, transport, remote, openedAt, channels, waitingBytes } = session;
    return {
      ...(user === "" ? {} : { user }),
      transport,
      remote,
      connectedAt: openedAt,
      subscriptions: channels.length,
      waitingBytes,
    };
  }

  *subscriptions(id: string): Iterable<Subscribed> {
    for (const channel of this.#open(id)?.channels ?? []) yield { channel };
  }

  slow(): readonly SlowClient[] {
    return this.#slowSessions
      .list()
      .map(({ session, counts, firstAt, lastAt }) => ({ id: session, reasons: counts, firstAt, lastAt }));
  }

  disconnect(id: string, why: Why): boolean {
    const session = this.#open(id);
    session?.dismiss(why);
    return session !== undefined;
  }

  #open(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.closed ? undefined : session;
  }
}
