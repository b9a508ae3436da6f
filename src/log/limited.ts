import type { Logger } from "pino";

/** Lines of one kind that a window lets through. */
const LINES = 20;
const WINDOW_MS = 10_000;

/**
 * Warnings that somebody outside can cause at will: hostile or broken input must not fill a disk. Each kind gets a
 * number of lines per window; how many were left out is said when the window ends.
 */
export class LimitedLog {
  readonly #log: Logger;
  readonly #kinds = new Map<string, { written: number; suppressed: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `kind` is one of a few constants; it is also the line's message. */
  warn(kind: string, details: object): void {
    const seen = this.#kinds.get(kind) ?? { written: 0, suppressed: 0 };
    this.#kinds.set(kind, seen);
    this.#timer ??= setTimeout(() => this.#endWindow(), WINDOW_MS).unref();
    if (seen.written >= LINES) {
      seen.suppressed++;
      return;
    }
    seen.written++;
    this.#log.warn(details, kind);
  }

  #endWindow(): void {
    this.#timer = undefined;
    for (const [kind, { suppressed }] of this.#kinds)
      if (suppressed > 0)
        this.#log.warn({ suppressed, seconds: WINDOW_MS / 1_000 }, `${kind} (more lines left out)`);
    this.#kinds.clear();
  }
}
