import type { Payload } from "./payload.js";

/** Cost of one value or key beside its characters; an estimate of what the engine spends on it. */
const NODE = 16;
/** Deeper values are counted as one node: the walk must not run out of stack on hostile nesting. */
const MAX_DEPTH = 64;

/** About how many bytes a payload holds in memory. An estimate is enough: it only bounds the store. */
export function weightOf(payload: Payload): number {
  if (payload.kind === "text") return NODE + payload.text.length;
  if (payload.kind === "binary") return NODE + payload.base64.length;
  return weigh(payload.value, 0);
}

function weigh(value: unknown, depth: number): number {
  if (typeof value === "string") return NODE + value.length;
  if (typeof value !== "object" || value === null || depth === MAX_DEPTH) return NODE;
  let sum = NODE;
  if (Array.isArray(value)) {
    for (const item of value) sum += weigh(item, depth + 1);
    return sum;
  }
  for (const [key, item] of Object.entries(value)) sum += key.length + weigh(item, depth + 1);
  return sum;
}
