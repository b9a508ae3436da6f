import type { Logger } from "pino";

const WINDOW = 10_000;
const LINES = 10;

interface Window {
  start: number;
  lines: number;
  suppressed: number;
}

/** Keeps what clients cause from filling a disk: of one kind, ten lines in ten seconds, the rest is counted in the next one. */
export class LogLimiter {
  readonly #log: Logger;
  /** By kind: as many as the program has messages. */
  readonly #windows = new Map<string, Window>();

  constructor(log: Logger) {
    this.#log = log;
  }

  warn(kind: string, fields: Record<string, unknown>): void {
    const window = this.#window(kind);
    if (window.lines >= LINES) {
      window.suppressed++;
      return;
    }
    window.lines++;
    const { suppressed } = window;
    window.suppressed = 0;
    this.#log.warn(suppressed > 0 ? { ...fields, suppressed } : fields, kind);
  }

  #window(kind: string): Window {
    const now = Date.now();
    const window = this.#windows.get(kind) ?? { start: now, lines: 0, suppressed: 0 };
    if (now - window.start >= WINDOW) {
      window.start = now;
      window.lines = 0;
    }
    this.#windows.set(kind, window);
    return window;
  }
}
