import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { LimitedLog } from "../../log/limited.js";
import { hasSequence, isClientKey, Kind, readClientKey, readSequence } from "./format/keys.js";
import { type LogScan, scanLog } from "./log-scan.js";
import { topicOf } from "./retained/topic-key.js";

/** As much of a logger as the store needs. */
export interface StoreLog {
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** What is known of something in the store that cannot be read. */
export interface Damaged {
  readonly client?: string;
  readonly sequence?: number;
  readonly block?: number;
  readonly topic?: string;
  readonly stream?: string;
  readonly offset?: number;
  /** The row's key, in hexadecimal. */
  readonly key?: string;
}

/** Counts what is found damaged and tells of it: nothing that was acknowledged goes missing without a word. */
export class Damage {
  readonly #directory: string;
  readonly #log: StoreLog | undefined;
  readonly #limitedLog: LimitedLog | undefined;
  #count = 0;

  constructor(directory: string, log: StoreLog | undefined) {
    this.#directory = directory;
    this.#log = log;
    this.#limitedLog = log && new LimitedLog(log);
  }

  get count(): number {
    return this.#count;
  }

  report(what: Damaged): void {
    this.#count++;
    this.#limitedLog?.error(
      `a row of the data directory ${this.#directory} is damaged and passed over: \`causeway store check\` shows what is lost, look at the disk's health`,
      { data: this.#directory, ...what },
    );
  }

  reportRow(key: Buffer): void {
    if (key[0] === Kind.retained) this.report({ topic: topicOf(key) });
    else if (key[0] === Kind.stream && isClientKey(key)) this.report(entryOf(key));
    else if (isClientKey(key)) this.report({ client: readClientKey(key).clientId });
    else this.report({ key: key.toString("hex", 0, 64) });
  }

  /** Looks through the logs of a database that is not open. Level itself drops damaged records of them without a word. */
  async scanLogs(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (!name.endsWith(".log")) continue;
      const { damage, tornTail } = await scanLog(join(this.#directory, name)).catch(goneOr);
      if (tornTail)
        this.#log?.warn(
          { data: this.#directory, file: name },
          "the store's log ends in the middle of a write, as a crash or a power cut leaves it: what was not written whole is dropped",
        );
      if (!damage) continue;
      this.#count++;
      this.#log?.error(
        { data: this.#directory, file: name, ...damage },
        `the data directory ${this.#directory} is damaged: ${name} cannot be read at byte ${damage.offset}, and what was stored there and in the 32 KiB after it is lost. ` +
          "Restore the directory from a copy if one is newer; look at the disk's health",
      );
    }
  }
}

function entryOf(key: Buffer): Damaged {
  const stream = readClientKey(key).clientId;
  return hasSequence(key) ? { stream, offset: readSequence(key) } : { stream };
}

/** The database of another process drops its logs; that the directory is in use is told when it is opened. */
function goneOr(error: NodeJS.ErrnoException): Pick<LogScan, "damage" | "tornTail"> {
  if (error.code !== "ENOENT") throw error;
  return { tornTail: false };
}
