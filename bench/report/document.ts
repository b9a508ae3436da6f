import type { Ratio } from "./comparison.js";
import type { Figures, Round } from "./figures.js";
import type { Machine } from "./machine.js";

/** One server in one scenario. */
export interface ServerResult {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly rounds: readonly Round[];
  readonly median: Figures | undefined;
  /** Causeway beside this peer; undefined for Causeway itself, and where one of the two has no figures. */
  readonly ratios: readonly Ratio[] | undefined;
}

/** A peer that was not run, and why. */
export interface SkippedPeer {
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
  readonly title: string;
  readonly subscribers: number;
  readonly payloadBytes: number;
  readonly window: number;
  readonly servers: readonly ServerResult[];
  readonly skipped: readonly SkippedPeer[];
  readonly failures: readonly Failure[];
}

/** All that a run has found: what `--json` prints and the other reports are made from. */
export interface Document {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup: number;
  readonly scenarios: readonly ScenarioResult[];
  /** What a reader must know to read the figures right. */
  readonly remarks: readonly string[];
}
