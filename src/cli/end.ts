import { LONGEST_EXPIRY } from "../config/units.js";
import { parseDuration } from "./numbers.js";

/** Seconds since 1970 at which a time from now is over, as `1h` or `30d`. */
export function endAfter(flag: string, text: string): number {
  const duration = parseDuration(flag, text, { max: LONGEST_EXPIRY }) ?? 0;
  return Math.ceil((Date.now() + duration) / 1_000);
}
