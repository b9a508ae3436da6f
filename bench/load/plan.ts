import type { Figures } from "../measure/figures.js";
import type { AwayPlan } from "./away/plan.js";
import type { BacklogPlan } from "./backlog/plan.js";
import type { FairnessPlan } from "./fairness/plan.js";
import type { FiltersPlan } from "./filters/plan.js";
import type { FrozenPlan } from "./frozen/plan.js";
import type { IdlePlan } from "./idle/plan.js";
import type { LonePlan } from "./lone/plan.js";
import type { PagePlan } from "./page/plan.js";
import type { PopulatePlan, RestorePlan } from "./restore/plan.js";
import type { RetainedPlan } from "./retained/plan.js";
import type { SteadyPlan } from "./steady/plan.js";
import type { StreamsPlan } from "./streams/plan.js";

/** What the load process is told to do; each kind of work has code of its own. */
export type Plan =
  | StreamsPlan
  | SteadyPlan
  | IdlePlan
  | FrozenPlan
  | FiltersPlan
  | FairnessPlan
  | RetainedPlan
  | BacklogPlan
  | AwayPlan
  | LonePlan
  | PagePlan
  | PopulatePlan
  | RestorePlan;

/** Where the messages went, over the whole run with its warm-up. */
export interface Account {
  readonly sent: number;
  /** Deliveries that this asks for. */
  readonly expected: number;
  readonly received: number;
  /** Expected and not received. */
  readonly lost: number;
  /** Messages from the server that were no delivery. */
  readonly foreign: number;
  /** Times that a window was full for so long that what was in it was given up. */
  readonly stalls: number;
  /** Deliveries whose latency was taken. */
  readonly latencySamples: number;
}

/** What the load process found. */
export interface Outcome {
  readonly figures: Figures;
  /** Undefined where no messages are sent. */
  readonly account?: Account;
  /** What a reader must know of this round. */
  readonly notes?: readonly string[];
}

/** A kind of work, ready to begin. */
export interface Load {
  run(): Promise<Outcome>;
  close(): void;
}
