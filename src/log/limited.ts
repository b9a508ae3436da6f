/** Lines of one kind that a window lets through. */
const LINES = 20;
const WINDOW_MS = 10_000;

type Level = "info" | "warn" | "error";

/** As much of a logger as it takes. */
type Log = Readonly<Record<Level, (details: object, text: string) => void>>;

/**
 * Warnings that somebody outside can cause at will: hostile or broken input must not fill a disk. Each kind gets a
 * number of lines per window; how many were left out is said when the window ends.
 */
export class LimitedLog {
  readonly #log: Log;
  readonly #lines: number;
  readonly #kinds = new Map<string, { level: Level; written: number; suppressed: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** `lines` of one kind in ten seconds. */
  constructor(log: Log, lines = LINES) {
    this.#log = log;
    this.#lines = lines;
  }

  /** `kind` is one of a few constants; it is also the line's message. */
  warn(kind: string, details: object): void {
    this.#write("warn", kind, details);
  }

  info(kind: string, details: object): void {
    this.#write("info", kind, details);
  }

  error(kind: string, details: object): void {
    this.#write("error", kind, details);
  }

  #write(level: Level, kind: string, details: object): void {
    const seen = this.#kinds.get(kind) ?? { level, written: 0, suppressed: 0 };
    this.#kinds.set(kind, seen);
    this.#timer ??= setTimeout(() => this.#endWindow(), WINDOW_MS).unref();
    if (seen.written >= this.#lines) {
      seen.suppressed++;
      return;
    }
    seen.written++;
    this.#log[level](details, kind);
  }

  #endWindow(): void {
    this.#timer = undefined;
    for (const [kind, { level, suppressed }] of this.#kinds)
      if (suppressed > 0)
        this.#log[level]({ suppressed, seconds: WINDOW_MS / 1_000 }, `${kind} (more lines left out)`);
    this.#kinds.clear();
  }
}
