/** One time series, or one per value of a label, read when somebody asks. */
export interface Metric {
  /** Without the common prefix; counters end in `_total`, units are in the name (`_bytes`, `_seconds`). */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  /** A number, or numbers by the value of `label`. */
  readonly read: () => number | Readonly<Record<string, number>>;
  readonly label?: string;
}

export function gauge(name: string, help: string, read: () => number): Metric {
  return { name, help, type: "gauge", read };
}

/** `name` without `_total`, which is added. */
export function counter(name: string, help: string, read: Metric["read"], label?: string): Metric {
  return { name: `${name}_total`, help, type: "counter", read, ...(label ? { label } : {}) };
}
