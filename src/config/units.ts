import { z } from "zod";
import { parseRate, RATE_EXAMPLES, RATE_PATTERN } from "../gateway/shaping/rate.js";

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Node's timers hold 31 bits: a longer delay would fire at once. */
const LONGEST_TIMER = 24 * 86_400_000;

/** Ten years: longer is for ever. */
export const LONGEST_EXPIRY = 3_650 * 86_400_000;

interface Bounds {
  /** Whether zero means something for the key; where it does not, it is refused. */
  readonly zero?: boolean;
  readonly max?: number;
}

/** A duration: `250ms`, `10s`, `5m`, `1h`, `7d`, or a number of milliseconds. Parsed to milliseconds. */
export const duration = ({ zero = false, max = LONGEST_TIMER }: Bounds = {}) =>
  scaled({
    title: "duration",
    pattern: /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/,
    units: MILLISECONDS,
    examples: "500ms, 10s, 5m or 1h",
    least: zero ? 0 : 1,
    most: max,
  });

/** A size: `512B`, `64KiB`, `1MiB`, `2GiB`, or a number of bytes. Parsed to bytes. */
export const size = ({ zero = false, max = 1024 ** 4 }: Bounds = {}) =>
  scaled({
    title: "size",
    pattern: /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB)$/,
    units: BYTES,
    examples: "512B, 64KiB or 1MiB",
    least: zero ? 0 : 1,
    most: max,
  });

/** A rate: `10/s`, `600/m`, `1/h`, or a number per second. Parsed to a number per second. */
export const rate = () => {
  const error = `a rate such as ${RATE_EXAMPLES}`;
  return z
    .union([z.string().regex(RATE_PATTERN, { error }), z.number({ error })], { error })
    .meta({ title: "rate" })
    .refine((value) => parseRate(value) !== undefined, { error: `${error}, from 1 a day to 1000000/s` })
    .transform((value) => parseRate(value) ?? 0);
};

/** `10000` as `10s`: the largest unit that keeps the number whole. */
export const formatDuration = (milliseconds: number): string => format(milliseconds, MILLISECONDS, "ms");

/** `65536` as `64KiB`. */
export const formatSize = (bytes: number): string => format(bytes, BYTES, "B");

interface Scale {
  readonly title: string;
  readonly pattern: RegExp;
  readonly units: Record<string, number>;
  readonly examples: string;
  readonly least: number;
  readonly most: number;
}

function scaled({ title, pattern, units, examples, least, most }: Scale) {
  const error = `a ${title} such as ${examples}`;
  const longest = title === "duration" ? formatDuration(most) : formatSize(most);
  return z
    .union([z.string().regex(pattern, { error }), z.int({ error }).min(least, { error })], { error })
    .meta({ title })
    .transform((value) => {
      if (typeof value === "number") return value;
      const [, amount = "0", unit = ""] = pattern.exec(value) ?? [];
      return Math.round(Number(amount) * (units[unit] ?? 1));
    })
    .refine((value) => value >= least, { error: `a ${title} above zero` })
    .refine((value) => value <= most, { error: `a ${title} of at most ${longest}` });
}

function format(value: number, units: Record<string, number>, smallest: string): string {
  if (value === 0) return `0${smallest}`;
  const fitting = Object.entries(units).filter(([, factor]) => value % factor === 0);
  const [unit, factor] = fitting.at(-1) ?? [smallest, 1];
  return `${value / factor}${unit}`;
}
