/*
 * Rates, as a rule and a subscriber write them: `10/s`, `600/m`, or a number of publications per second.
 */

export const RATE_PATTERN = /^(\d+(?:\.\d+)?)\s*\/\s*(s|m|h)$/;
export const RATE_EXAMPLES = "10/s, 0.5/s or 600/m";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
/** One a day: a slower one is hardly meant. */
const LEAST = 1 / 86_400;
const MOST = 1_000_000;

/** Publications per second; undefined when `written` is no rate. */
export function parseRate(written: unknown): number | undefined {
  const rate = typeof written === "string" ? parseText(written) : written;
  return typeof rate === "number" && rate >= LEAST && rate <= MOST ? rate : undefined;
}

/** `0.5` as `0.5/s`: the unit that makes the number whole, or the first. */
export function formatRate(rate: number): string {
  for (const [unit, seconds] of Object.entries(SECONDS)) {
    const amount = Number((rate * seconds).toPrecision(12));
    if (Number.isInteger(amount)) return `${amount}/${unit}`;
  }
  return `${rate}/s`;
}

function parseText(text: string): number | undefined {
  const [, amount, unit = ""] = RATE_PATTERN.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) / (SECONDS[unit] ?? 1);
}
