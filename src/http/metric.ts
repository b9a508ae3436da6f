/** How often something took how long, counted by the module itself. */
export interface Histogram {
  /** Upper bounds, ascending, in the metric's unit; infinity is left out. */
  readonly bounds: readonly number[];
  /** How many were at most as large as each bound, then how many there were. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** A distribution, read when somebody asks. */
export interface Distribution {
  readonly name: string;
  readonly help: string;
  readonly type: "histogram";
  readonly read: () => Histogram;
}

/** A counter by the values of several labels, read when somebody asks. */
export interface Table {
  readonly name: string;
  readonly help: string;
  readonly type: "table";
  readonly labels: readonly string[];
  readonly rows: () => Iterable<readonly [labels: readonly string[], value: number]>;
}

export type Metric = Series | Distribution | Table;

/** One time series, or one per value of a label, read when somebody asks. */
export interface Series {
  /** Without the common prefix; counters end in `_total`, units are in the name (`_bytes`, `_seconds`). */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  /** A number, or numbers by the value of `label`. */
  readonly read: () => number | Readonly<Record<string, number>>;
  readonly label?: string;
}

export function gauge(name: string, help: string, read: Series["read"], label?: string): Series {
  return { name, help, type: "gauge", read, ...(label ? { label } : {}) };
}

/** `name` without `_total`, which is added. */
export function counter(name: string, help: string, read: Series["read"], label?: string): Series {
  return { name: `${name}_total`, help, type: "counter", read, ...(label ? { label } : {}) };
}

export function histogram(name: string, help: string, read: () => Histogram): Distribution {
  return { name, help, type: "histogram", read };
}

/** `name` without `_total`, which is added. */
export function table(name: string, help: string, labels: readonly string[], rows: Table["rows"]): Table {
  return { name: `${name}_total`, help, type: "table", labels, rows };
}
