/** One thing that is wrong with the configuration. */
export interface Fault {
  /** The key, as `mqtt.maxInflight`; empty when a whole source is at fault. */
  readonly path: string;
  /** Where it was set: `causeway.yaml:4:3`, `CAUSEWAY_LOG_LEVEL`, `--mqtt`. */
  readonly source?: string;
  /** What is wrong, with the value and what was expected. */
  readonly message: string;
  readonly suggestion?: string;
}

/** Every fault of a configuration; no part of it may be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Those of the file in the order of its lines, after those of the other sources. */
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const sorted = faults.toSorted((a, b) => position(a) - position(b));
    super(formatFaults(sorted));
    this.faults = sorted;
  }
}

function position({ source = "" }: Fault): number {
  const [, line, column] = /:(\d+):(\d+)$/.exec(source) ?? [];
  return line === undefined ? 0 : Number(line) + Number(column) / 10_000;
}

/** One line per fault. */
export function formatFaults(faults: readonly Fault[]): string {
  return faults.map(formatFault).join("\n");
}

function formatFault({ path, source, message, suggestion }: Fault): string {
  const place = [source, path].filter(Boolean).join(" ");
  return `${place === "" ? "" : `${place}: `}${message}${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`;
}

const LONGEST = 80;

/** A value as a message may show it: on one line, not too long, and never something that is nobody's business. */
export function showValue(value: unknown, secret = false): string {
  if (value === undefined) return "nothing";
  if (secret) return "the value (not shown)";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  if (typeof value !== "string") return String(value);
  // A PEM text pasted where a file's name belongs is a key that must not end up in a log.
  if (value.includes("\n") || value.includes("-----BEGIN")) return "a text of several lines";
  const shown = value.replace(/\/\/[^/?#]*@/, "//…@"); // a name and password in a URL
  return JSON.stringify(shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown);
}
