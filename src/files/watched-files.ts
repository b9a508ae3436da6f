import { stat } from "node:fs/promises";
import type { Audit } from "../access/audit.js";

const INTERVAL_MS = 500;

/** Bytes of a file; what reads it is stricter. */
const MAX_SIZE = 64 * 1024 ** 2;

/** Files that are read as one, as a certificate and its key. */
export interface Watched {
  /** What they are, for the log: `accounts`, `certificate of mqtts`. */
  readonly what: string;
  readonly names: readonly string[];
  /** Reads them and puts what they hold into force. When it rejects, what was in force stays; the message says why. */
  load(): Promise<void>;
}

/** Files cannot be taken now, when nothing is in force yet that could stay. */
export class FileFault extends Error {}

interface Log {
  info(details: object, text: string): void;
  error(details: object, text: string): void;
}

interface Entry extends Watched {
  /** What the files looked like when they were read last. */
  seen: string;
  /** What they looked like at the last look, when that was something new: they are read once they have stopped changing. */
  changing: string | undefined;
  faulty: boolean;
}

/** Reads files again when they change, and keeps what they held when they cannot be taken. */
export class WatchedFiles {
  readonly #log: Log;
  readonly #audit: Audit;
  readonly #entries = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;
  /** What is being read, and what waits for that: what was read first must not come into force last. */
  #busy: Promise<void> | undefined;
  /** Since the start. */
  reloads = 0;
  failures = 0;

  constructor(log: Log, audit: Audit) {
    this.#log = log;
    this.#audit = audit;
  }

  /** How many of what is watched cannot be taken as it is now. */
  get faulty(): number {
    return [...this.#entries].filter(({ faulty }) => faulty).length;
  }

  /** Reads the files, and again whenever they change. Rejects with {@link FileFault}, and does not watch, when they cannot be taken now. */
  async watch(watched: Watched): Promise<void> {
    const seen = await lookOf(watched.names);
    try {
      await checkFiles(watched.names);
      await watched.load();
    } catch (error) {
      throw new FileFault(`${watched.what} not taken: ${messageOf(error)}`, { cause: error });
    }
    this.#entries.add({
      what: watched.what,
      names: watched.names,
      load: () => watched.load(),
      seen,
      changing: undefined,
      faulty: false,
    });
    this.#timer ??= setInterval(() => this.#look(), INTERVAL_MS).unref();
  }

  /** Reads everything again, changed or not. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      for (const entry of this.#entries) await this.#load(entry, await lookOf(entry.names));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#entries.clear();
  }

  #look(): void {
    if (!this.#busy) void this.#inTurn(() => this.#lookAtAll());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = (this.#busy ?? Promise.resolve()).then(work).finally(() => {
      if (this.#busy === turn) this.#busy = undefined;
    });
    this.#busy = turn;
    return turn;
  }

  async #lookAtAll(): Promise<void> {
    for (const entry of this.#entries) {
      const now = await lookOf(entry.names);
      if (now === entry.seen) entry.changing = undefined;
      else if (now !== entry.changing) entry.changing = now;
      else await this.#load(entry, now);
    }
  }

  async #load(entry: Entry, seen: string): Promise<void> {
    const { what, names: files } = entry;
    entry.seen = seen;
    entry.changing = undefined;
    try {
      await checkFiles(files);
      await entry.load();
      entry.faulty = false;
      this.reloads++;
      this.#log.info({ files }, `${what} read again`);
      this.#audit.changed({ door: "files", what });
    } catch (error) {
      entry.faulty = true;
      this.failures++;
      this.#log.error(
        { files, reason: messageOf(error) },
        `${what} not taken: what was in force stays; mend the file`,
      );
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A pipe in place of a file would be waited for without end, and every other file with it; a file of gigabytes fills the memory. */
async function checkFiles(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const found = await stat(name).catch(() => undefined); // who reads it says best why it cannot
    if (found?.isFIFO() || found?.isSocket()) throw new Error(`${JSON.stringify(name)} is not a file`);
    if (found && found.size > MAX_SIZE)
      throw new Error(`${JSON.stringify(name)} is too large: at most 64 MiB are read`);
  }
}

/** Changes when one of the files does. */
async function lookOf(names: readonly string[]): Promise<string> {
  const looks = await Promise.all(
    names.map((name) =>
      stat(name).then(
        ({ mtimeMs, size, ino }) => `${ino}:${size}:${mtimeMs}`,
        (error: NodeJS.ErrnoException) => String(error.code),
      ),
    ),
  );
  return looks.join(" ");
}
