import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Lines that are kept for a message about what went wrong. */
const KEPT = 10;

/** Reads what a process prints, to its end, and lets a line be waited for. */
export class LineReader {
  #last: string[] = [];
  #ended = false;
  #look: () => void = () => {};
  readonly #unseen: string[] = [];
  #watched = true;

  constructor(streams: readonly (Readable | null)[]) {
    for (const stream of streams)
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#take(line));
  }

  /** What was printed last. */
  get tail(): string {
    return this.#last.join("\n");
  }

  /** The first line for which `find` gives something; to be called once. */
  async find<T>(find: (line: string) => T | undefined, what: string, timeoutMs: number): Promise<T> {
    try {
      return await this.#find(find, what, timeoutMs);
    } finally {
      this.#watched = false;
      this.#unseen.length = 0;
    }
  }

  close(): void {
    this.#ended = true;
    this.#look();
  }

  #find<T>(find: (line: string) => T | undefined, what: string, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        clearTimeout(timer);
        reject(new Error(`${what}: ${reason}${this.tail ? `; it printed last:\n${this.tail}` : ""}`));
      };
      const timer = setTimeout(() => fail(`nothing within ${timeoutMs / 1000} s`), timeoutMs);
      this.#look = () => {
        for (const line of this.#unseen.splice(0)) {
          const found = find(line);
          if (found === undefined) continue;
          clearTimeout(timer);
          return resolve(found);
        }
        if (this.#ended) fail("the process ended");
      };
      this.#look();
    });
  }

  #take(line: string): void {
    this.#last = [...this.#last.slice(1 - KEPT), line];
    if (!this.#watched) return;
    this.#unseen.push(line);
    this.#look();
  }
}
