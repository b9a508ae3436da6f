import { after, Kind } from "../format/keys.js";
import { END_KEY, FIRST_KEY, join, past, SEPARATOR, topicKey } from "./topic-key.js";

const DOLLAR = 0x24;
const NOTHING = Buffer.alloc(0);
const AFTER_DOLLAR = Buffer.from([Kind.retained, DOLLAR + 1]);

interface Keyed {
  readonly key: Buffer;
}

/** Where the rows are whose topics match a filter with wildcards. */
export class FilterRange {
  /** No match is before this key. */
  readonly start: Buffer;
  /** All matches are before this key. */
  readonly end: Buffer;
  readonly #levels: readonly Buffer[];
  readonly #wild: readonly ("" | "+" | "#")[];
  /** For each level: the bytes that a match has from there on up to the next wildcard. */
  readonly #literals: readonly Buffer[];

  constructor(filter: string) {
    const levels = filter.split("/");
    this.#levels = levels.map((level) => Buffer.from(level));
    this.#wild = levels.map((level) => (level === "+" || level === "#" ? level : ""));
    this.#literals = literalRuns(levels);
    this.start = Buffer.concat([FIRST_KEY, this.#literals[0] ?? NOTHING]);
    const literal = this.#wild.findIndex((wild) => wild !== "");
    this.end = literal === 0 ? END_KEY : past(topicKey(levels.slice(0, literal).join("/")));
  }

  /** Whether a key matches, and when it does not, the key before which no other one does; undefined: none does. */
  next(key: Buffer): true | Buffer | undefined {
    // [MQTT-4.7.2-1]
    if (this.#wild[0] !== "" && key[1] === DOLLAR) return AFTER_DOLLAR;
    let from = 1;
    let plusEnd: number | undefined;
    for (let index = 0; index < this.#levels.length; index++) {
      if (this.#wild[index] === "#") return true; // also the parent level [MQTT-4.7.1-2]
      const literals = this.#literals[index] ?? NOTHING;
      if (from > key.length) return join(key, key.length, SEPARATOR, literals);
      const end = levelEnd(key, from);
      if (this.#wild[index] === "+") {
        plusEnd = end;
      } else {
        const level = this.#levels[index] ?? NOTHING;
        const order = key.compare(level, 0, level.length, from, end);
        if (order < 0) return join(key, from, undefined, literals);
        if (order > 0) return plusEnd === undefined ? undefined : past(key, plusEnd);
      }
      from = end + 1;
    }
    if (from > key.length) return true;
    return plusEnd === undefined ? undefined : past(key, plusEnd);
  }

  /** The rows that match, and the key to go on at; `unfit` rows before that one did not match. */
  pick<Row extends Keyed>(rows: readonly Row[]): { found: Row[]; next: Buffer | undefined; unfit: number } {
    const found: Row[] = [];
    let next: Buffer | undefined;
    let unfit = 0;
    for (let index = 0; index < rows.length; ) {
      const row = rows[index] as Row;
      const verdict = this.next(row.key);
      if (verdict === undefined) return { found, next: undefined, unfit: 0 };
      if (verdict === true) found.push(row);
      const until = verdict === true ? index + 1 : firstFrom(rows, index + 1, verdict);
      unfit = verdict === true ? 0 : until - index;
      next = verdict === true ? after(row.key) : verdict;
      index = until;
    }
    return { found, next, unfit };
  }
}

/** The index of the first row whose key is not before `key`. */
function firstFrom(rows: readonly Keyed[], index: number, key: Buffer): number {
  const isBefore = (at: number) => (rows[at]?.key.compare(key) ?? 1) < 0;
  if (!isBefore(index)) return index;
  let low = index + 1;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function levelEnd(key: Buffer, from: number): number {
  let end = from;
  while (end < key.length && key[end] !== SEPARATOR) end++;
  return end;
}

/** Views of one copy: a long filter of many levels is not to cost its square. */
function literalRuns(levels: readonly string[]): Buffer[] {
  const bytes = Buffer.from(levels.join("\0"));
  const runs: Buffer[] = [];
  let end = bytes.length;
  let at = bytes.length + 1;
  for (const level of levels.toReversed()) {
    at -= Buffer.byteLength(level) + 1;
    const wild = level === "+" || level === "#";
    runs.push(wild ? NOTHING : bytes.subarray(at, end));
    // What "+" stands for follows a separator; "#" also stands for nothing at all.
    if (wild) end = level === "+" ? at : at - 1;
  }
  return runs.reverse();
}
