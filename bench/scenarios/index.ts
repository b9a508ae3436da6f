import { fanOut } from "./fan-out.js";
import type { Scenario } from "./scenario.js";

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [...fanOut];
