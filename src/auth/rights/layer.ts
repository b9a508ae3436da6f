import type { RuleSet } from "./rule-set.js";
import type { Value } from "./template.js";

/** Rules, and what is to be filled in where they leave something open. */
export interface Layer {
  readonly set: RuleSet;
  readonly values: readonly Value[];
}
