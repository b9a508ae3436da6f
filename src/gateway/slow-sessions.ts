import type { LimitedLog } from "../log/limited.js";
import { SlowList } from "../outbox/slow-list.js";
import type { SlowCause } from "./counters.js";

/** What a session's slowness has led to: it was closed, or given the newest value of each topic only. */
export type Slowness = SlowCause | "congested";

/** A session that could not keep up. Times in milliseconds since 1970. */
export interface SlowSession {
  readonly session: string;
  readonly user: string;
  readonly remote: string;
  /** Bytes that waited for its client, and for how long the oldest of them had, when it was last noticed. */
  readonly waitingBytes: number;
  readonly age: number;
  /** How often, by what happened. */
  readonly counts: Readonly<Partial<Record<Slowness, number>>>;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What there is to know of a session. */
export interface SlowOne {
  readonly id: string;
  readonly user: string;
  readonly remote: string;
  readonly channels: readonly string[];
  readonly waitingBytes: number;
  /** In ms. */
  readonly age: number;
}

/** Channels that are named in a line of the log. */
const NAMED = 5;

/** Which sessions have not kept up lately. */
export class SlowSessions {
  readonly #list = new SlowList<Slowness, Pick<SlowOne, "user" | "remote" | "waitingBytes" | "age">>();
  readonly #log: LimitedLog;

  constructor(log: LimitedLog) {
    this.#log = log;
  }

  /** It is closed for it; the log tells where that is done. */
  closed(session: SlowOne, cause: SlowCause): void {
    this.#note(session, cause);
  }

  /** It is given the newest value of each topic only. */
  congested(session: SlowOne): void {
    const times = this.#note(session, "congested");
    if (!this.#list.mayWarn(session.id)) return;
    this.#log.warn("session reads too slowly: it gets only the newest value of each topic", {
      ...slowFields(session),
      times,
    });
  }

  /** Latest first. */
  list(): SlowSession[] {
    return this.#list.list().map(({ name, about, ...rest }) => ({ session: name, ...about, ...rest }));
  }

  #note({ id, user, remote, waitingBytes, age }: SlowOne, cause: Slowness): number {
    return this.#list.note(id, cause, { user, remote, waitingBytes, age });
  }
}

/** What the log says of a slow session. */
export function slowFields({ id, user, remote, channels, waitingBytes, age }: SlowOne): object {
  const others = channels.length - NAMED;
  return {
    session: id,
    user,
    remote,
    channels: others > 0 ? [...channels.slice(0, NAMED), `and ${others} more`] : channels,
    waitingBytes,
    age,
  };
}
