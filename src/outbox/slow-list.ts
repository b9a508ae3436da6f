/** Somebody who could not keep up. Times in milliseconds since 1970. */
export interface SlowOne<Cause extends string, About> {
  readonly name: string;
  readonly about: About;
  /** How often, by what happened. */
  readonly counts: Readonly<Partial<Record<Cause, number>>>;
  readonly firstAt: number;
  readonly lastAt: number;
}

interface Entry<Cause extends string, About> extends SlowOne<Cause, About> {
  about: About;
  readonly counts: Partial<Record<Cause, number>>;
  lastAt: number;
  warnedAt: number;
}

/** Names remembered; beyond, the one that has been quiet longest is forgotten. */
const MOST = 1_000;
const FORGET_MS = 10 * 60_000;
/** One of them is written to the log at most this often. */
const WARN_MS = 10_000;

/** Who has not kept up lately, by name, and what came of it. */
export class SlowList<Cause extends string, About> {
  /** In the order of their last trouble, to within the grain of a second. */
  readonly #entries = new Map<string, Entry<Cause, About>>();

  /** Gives how often it has happened to this one. `about` replaces what was known of it. */
  note(name: string, cause: Cause, about: About): number {
    const now = Date.now();
    const entry = this.#entries.get(name) ?? this.#add(name, about, now);
    entry.about = about;
    const count = (entry.counts[cause] ?? 0) + 1;
    entry.counts[cause] = count;
    if (now - entry.lastAt <= 1_000) return count;
    entry.lastAt = now;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return count;
  }

  /** Whether it is time for a line in the log; who asks writes one. */
  mayWarn(name: string): boolean {
    const entry = this.#entries.get(name);
    const now = Date.now();
    if (!entry || now - entry.warnedAt < WARN_MS) return false;
    entry.warnedAt = now;
    return true;
  }

  /** Latest first. */
  list(): SlowOne<Cause, About>[] {
    this.#forgetQuiet(Date.now(), MOST);
    const list = [...this.#entries.values()].map(({ name, about, counts, firstAt, lastAt }) => ({
      name,
      about,
      counts: { ...counts },
      firstAt,
      lastAt,
    }));
    return list.reverse();
  }

  #add(name: string, about: About, now: number): Entry<Cause, About> {
    this.#forgetQuiet(now, MOST - 1);
    const entry: Entry<Cause, About> = { name, about, counts: {}, firstAt: now, lastAt: now, warnedAt: 0 };
    this.#entries.set(name, entry);
    return entry;
  }

  #forgetQuiet(now: number, most: number): void {
    for (const [name, { lastAt }] of this.#entries) {
      if (now - lastAt < FORGET_MS && this.#entries.size <= most) return;
      this.#entries.delete(name);
    }
  }
}
