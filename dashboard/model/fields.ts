import type { Payload } from "./payload.js";

/** Name of the field of a payload that is itself a number. */
export const WHOLE = "value";

const MAX_FIELDS = 16;
const MAX_DEPTH = 6;
const MAX_NAME = 120;
/** Nodes looked at in one payload, so that a large one costs no more than a small one. */
const MAX_NODES = 256;

/** The numbers in one message: `names[i]` is the path (`battery.voltage`) of `values[i]`. */
export interface Numbers {
  readonly names: readonly string[];
  readonly values: readonly number[];
}

const NONE: Numbers = { names: [], values: [] };

/** Finds the numeric fields of a payload, in the order they appear, within fixed limits. */
export function numbersIn(payload: Payload): Numbers {
  if (payload.kind !== "json") return NONE;
  const { value } = payload;
  if (typeof value === "number") return { names: [WHOLE], values: [value] };
  if (typeof value !== "object" || value === null) return NONE;
  const walk = new Walk();
  walk.into(value, "", 0);
  return walk.names.length === 0 ? NONE : walk;
}

class Walk implements Numbers {
  readonly names: string[] = [];
  readonly values: number[] = [];
  #nodes = 0;

  into(parent: object, prefix: string, depth: number): void {
    for (const key in parent) {
      if (this.names.length === MAX_FIELDS || ++this.#nodes > MAX_NODES) return;
      if (prefix.length + key.length > MAX_NAME) continue;
      const value: unknown = (parent as Record<string, unknown>)[key];
      if (typeof value === "number") {
        this.names.push(prefix + key);
        this.values.push(value);
      } else if (typeof value === "object" && value !== null && depth < MAX_DEPTH) {
        this.into(value, `${prefix}${key}.`, depth + 1);
      }
    }
  }
}
