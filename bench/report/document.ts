import type { Account } from "../load/plan.js";
import type { FigureName, Figures } from "../measure/figures.js";
import type { Ratio } from "./comparison.js";
import type { GoalResult } from "./goals.js";
import type { Machine } from "./machine.js";

/** One server in one round. */
export interface Round {
  readonly figures: Figures;
  /** Undefined where no messages are sent. */
  readonly account?: Account;
  readonly notes: readonly string[];
  /** The load process was at its end and the server was not: the throughput says nothing of the server. */
  readonly generatorBound: boolean;
}

/** One server in one scenario. */
export interface ServerResult {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly rounds: readonly Round[];
  readonly median: Figures | undefined;
  /** Causeway beside this peer; undefined for Causeway itself, however it is set up, and where one of the two has no figures. */
  readonly ratios: readonly Ratio[] | undefined;
}

/** A server that was not run, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

export interface Failure {
  readonly server: string;
  readonly round: number;
  readonly reason: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly work: string;
  /** What its table shows. */
  readonly figures: readonly FigureName[];
  readonly rounds: number;
  readonly seconds: number;
  /** Messages that may be on their way; undefined where they are sent by the clock. */
  readonly window: number | undefined;
  readonly servers: readonly ServerResult[];
  readonly goals: readonly GoalResult[];
  readonly skipped: readonly Skipped[];
  readonly failures: readonly Failure[];
}

/** All that a run has found: what `--json` prints and the other reports are made from. */
export interface Document {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly warmup: number;
  readonly scenarios: readonly ScenarioResult[];
  /** What a reader must know to read the figures right. */
  readonly remarks: readonly string[];
}
