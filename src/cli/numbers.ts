import { duration } from "../config/units.js";
import { UsageError } from "./command.js";

export type Qos = 0 | 1 | 2;

interface Range {
  readonly low: number;
  readonly high: number;
}

/** `flag` names the command and the flag, as `pub: --qos`. An absent flag stays absent. */
export function parseInteger(
  flag: string,
  text: string | undefined,
  { low, high }: Range,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high)
    throw new UsageError(
      `${flag} must be a whole number from ${low} to ${high}, not ${JSON.stringify(text)}`,
    );
  return value;
}

export function parseQos(flag: string, text: string | undefined): Qos | undefined {
  if (text === undefined) return undefined;
  if (text !== "0" && text !== "1" && text !== "2")
    throw new UsageError(`${flag} must be 0, 1 or 2, not ${JSON.stringify(text)}`);
  return Number(text) as Qos;
}

/** Milliseconds from `500ms`, `10s`, `5m` or `1h`; a bare number is seconds. */
export function parseDuration(
  flag: string,
  text: string | undefined,
  { zero = false, max = undefined as number | undefined } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const parsed = duration({ zero, ...(max === undefined ? {} : { max }) }).safeParse(
    /^\d+(\.\d+)?$/.test(text) ? `${text}s` : text,
  );
  if (!parsed.success) {
    const expected = parsed.error.issues[0]?.message ?? "a duration such as 10s";
    throw new UsageError(`${flag} must be ${expected}, not ${JSON.stringify(text)}`);
  }
  return parsed.data;
}
