import { stringify } from "yaml";
import { formatRate } from "../gateway/shaping/rate.js";
import { type Address, formatAddress } from "./address.js";
import { type Key, listKeys } from "./key.js";
import { isMapping } from "./layer.js";
import type { Config } from "./schema.js";
import { formatDuration, formatSize } from "./units.js";

const MASK = "********";

/** The configuration in force, as a file would write it; what is secret is masked. */
export function printConfig(config: Config): string {
  return stringify(writeConfig(config));
}

/** The same as plain values: durations, sizes and addresses in their written form. */
export function writeConfig(config: Config, keys: readonly Key[] = listKeys()): unknown {
  return write(config, "", new Map(keys.map((key) => [key.path, key])));
}

function write(value: unknown, path: string, keys: ReadonlyMap<string, Key>): unknown {
  const node = keys.get(path)?.node;
  if (node?.writeOnly) return Array.isArray(value) ? value.map(() => MASK) : MASK;
  if (node?.title === "address") return formatAddress(value as Address);
  if (node?.title === "duration") return formatDuration(value as number);
  if (node?.title === "size") return formatSize(value as number);
  if (node?.title === "rate") return formatRate(value as number);
  if (Array.isArray(value)) return value.map((item) => write(item, `${path}[]`, keys));
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.map(([name, item]) => [name, write(item, path === "" ? name : `${path}.${name}`, keys)]),
  );
}
