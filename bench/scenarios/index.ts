import { awayScenarios } from "./away.js";
import { backlog } from "./backlog.js";
import { crowd } from "./crowd.js";
import { fairness } from "./fairness.js";
import { fanIn } from "./fan-in.js";
import { fanOut } from "./fan-out.js";
import { filters } from "./filters.js";
import { frozen } from "./frozen.js";
import { idle } from "./idle.js";
import { lone } from "./lone.js";
import { page } from "./page.js";
import { pairs } from "./pairs.js";
import { restore } from "./restore.js";
import { retained } from "./retained.js";
import { rights } from "./rights.js";
import type { Scenario } from "./scenario.js";
import { steady } from "./steady.js";

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  ...fanOut,
  ...fanIn,
  ...awayScenarios,
  lone,
  ...pairs,
  ...rights,
  ...steady,
  ...idle,
  ...frozen,
  ...crowd,
  page,
  filters,
  fairness,
  retained,
  backlog,
  restore,
];
