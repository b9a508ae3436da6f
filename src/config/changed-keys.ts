import { isDeepStrictEqual } from "node:util";
import type { Config } from "./schema.js";

/** The sections and single keys at the top that two configurations have different. */
export function changedKeys(before: Config, after: Config): (keyof Config)[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof Config)[]);
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key]));
}
