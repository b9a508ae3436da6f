import { onOneLine } from "../json/one-line.js";
import type { Caller } from "./caller.js";
import type { Channels } from "./channels.js";
import type { Dismissal } from "./dismissal.js";
import { Fault } from "./fault.js";
import { pushSubscription } from "./server-subscription.js";

/** Which sessions are meant: all of a user, or one of them. */
export interface Who {
  readonly user: string;
  readonly session: string | undefined;
}

/** A session as it is seen from outside. */
export interface UserSession extends Caller {
  dismiss(dismissal: Dismissal): void;
}

/** A bare WebSocket, which has no more to it than that it can be ended. */
export interface PlainUserSession {
  readonly id: string;
  readonly user: string;
  readonly closed: boolean;
  dismiss(dismissal: Dismissal): void;
}

/**
 * What the operator, or a program of theirs, does to sessions. Everything gives how many they were, without those that were told to
 * end before.
 */
export class UserSessions {
  readonly #sessions: Iterable<UserSession>;
  readonly #plainSessions: Iterable<PlainUserSession>;
  readonly #channels: Channels;

  constructor(
    sessions: Iterable<UserSession>,
    plainSessions: Iterable<PlainUserSession>,
    channels: Channels,
  ) {
    this.#sessions = sessions;
    this.#plainSessions = plainSessions;
    this.#channels = channels;
  }

  /** Those that are subscribed already are counted. Rejects with a {@link Fault} when no rule makes the channel. */
  async subscribe(who: Who, channel: string): Promise<number> {
    const features = this.#channels.features(channel);
    if (features instanceof Fault) throw features;
    const subscribed = await Promise.all(
      this.#of(who).map(
        (session) =>
          session.subscriptions.get(channel)?.settled === true || pushSubscription(session, channel),
      ),
    );
    return subscribed.filter(Boolean).length;
  }

  unsubscribe(who: Who, channel: string, dismissal: Dismissal): number {
    return this.#of(who).filter(({ subscriptions }) => subscriptions.end(channel, "byServer", dismissal))
      .length;
  }

  disconnect(who: Who, dismissal: Dismissal): number {
    const plain = [...this.#plainSessions].filter((session) => isMeant(who, session));
    for (const session of plain) session.dismiss(dismissal);
    return plain.length + this.#each(who, (session) => session.dismiss(dismissal));
  }

  /** `expiresAt`: in seconds since 1970; undefined for never. */
  refresh(who: Who, expiresAt: number | undefined): number {
    return this.#each(who, ({ expiry, replies }) => {
      expiry.set(expiresAt === undefined ? undefined : expiresAt * 1000);
      replies.pushRaw(`"refresh":{${expiry.result.slice(1)}}`);
    });
  }

  /** `data` is JSON text. */
  send(who: Who, data: string): number {
    const line = onOneLine(data);
    return this.#each(who, ({ replies }) => replies.pushRaw(`"message":{"data":${line}}`));
  }

  #each(who: Who, act: (session: UserSession) => void): number {
    const sessions = this.#of(who);
    for (const session of sessions) act(session);
    return sessions.length;
  }

  #of(who: Who): UserSession[] {
    return [...this.#sessions].filter((session) => isMeant(who, session));
  }
}

function isMeant(who: Who, { id, user, closed }: PlainUserSession): boolean {
  return !closed && user === who.user && (who.session === undefined || who.session === id);
}
