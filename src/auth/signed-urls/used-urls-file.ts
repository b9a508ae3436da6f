import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Lines that may be in the file beyond twice those that are needed, before it is written anew. */
const SPARE_LINES = 1_000;
/** Lines that are written in one go. */
const LINES_AT_ONCE = 1_000;

/** An identifier, and when its URL ends in ms since 1970. */
export type UsedUrl = readonly [id: string, end: number];

/** What has to be in the file. */
interface Needed extends Iterable<UsedUrl> {
  readonly size: number;
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Where it is written down that a URL has been used, so that a restart does not make it good again: `END ID` a line. It is made when the
 * first one is used.
 */
export class UsedUrlsFile {
  readonly #name: string;
  readonly #needed: Needed;
  /** No more than are needed. */
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #lines = 0;
  /** The last line may be half there. */
  #torn = false;

  constructor(name: string, needed: Needed) {
    this.#name = name;
    this.#needed = needed;
  }

  /** Those in the file; what a crash left of a line is passed over. Throws when it is there and cannot be read. */
  async *read(): AsyncGenerator<UsedUrl> {
    const file = await open(this.#name, "r").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new Error(`the signed URLs that have been used cannot be read: ${error.message}`);
    });
    if (!file) return;
    for await (const line of file.readLines()) {
      const [, end, id] = /^(\d{1,15}) ([\w-]{22})$/.exec(line) ?? [];
      if (end !== undefined && id !== undefined) yield [id, Number(end)];
    }
  }

  /** One that is among the needed ones already. Resolves when it is on the disk. */
  add(used: UsedUrl): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: lineOf(used), resolve, reject });
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  /** What comes while one write is under way is written together. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store(batch.map(({ line }) => line));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async #store(lines: readonly string[]): Promise<void> {
    const isLong = this.#lines + lines.length > 2 * this.#needed.size + SPARE_LINES;
    if (!this.#file || isLong) await this.#writeAnew();
    else await this.#append(this.#file, lines);
  }

  async #append(file: FileHandle, lines: readonly string[]): Promise<void> {
    const wasTorn = this.#torn;
    this.#torn = true;
    await file.appendFile((wasTorn ? "\n" : "") + lines.join(""));
    await file.datasync();
    this.#torn = false;
    this.#lines += lines.length;
  }

  /** As a whole: whoever reads it after a power cut finds what was there before or what is there now. */
  async #writeAnew(): Promise<void> {
    const fresh = `${this.#name}.new`;
    const file = await open(fresh, "w", 0o600);
    try {
      for (const chunk of chunksOf(this.#needed)) await file.appendFile(chunk);
      await file.datasync();
      await rename(fresh, this.#name);
      await syncDirectory(dirname(this.#name));
    } catch (error) {
      await file.close();
      throw error;
    }
    const before = this.#file;
    this.#file = file;
    this.#lines = this.#needed.size;
    this.#torn = false;
    await before?.close();
  }
}

function lineOf([id, end]: UsedUrl): string {
  return `${end} ${id}\n`;
}

function* chunksOf(all: Iterable<UsedUrl>): Generator<string> {
  let lines: string[] = [];
  for (const one of all) {
    if (lines.push(lineOf(one)) < LINES_AT_ONCE) continue;
    yield lines.join("");
    lines = [];
  }
  yield lines.join("");
}

/** So that the new name survives a power cut. */
async function syncDirectory(name: string): Promise<void> {
  const directory = await open(name, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
