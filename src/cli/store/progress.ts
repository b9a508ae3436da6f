const INTERVAL_MS = 200;
const CLEAR = "\r\x1b[K";

/** A line on a terminal that tells how far long work has got, and that is gone when the work is done. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #what: string;
  #shown = Date.now();
  #visible = false;

  constructor(what: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#what = what;
    this.#stream = stream;
  }

  readonly show = (count: number, more = ""): void => {
    const now = Date.now();
    if (!this.#stream.isTTY || now - this.#shown < INTERVAL_MS) return;
    this.#shown = now;
    this.#visible = true;
    this.#stream.write(`${CLEAR}${formatCount(count)} ${this.#what}${more}`);
  };

  clear(): void {
    if (this.#visible) this.#stream.write(CLEAR);
    this.#visible = false;
  }
}

export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

export function formatBytes(bytes: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** `1 row`, `2 rows`. */
export function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}
