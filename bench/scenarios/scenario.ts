import type { Plan } from "../load/plan.js";
import type { FigureName } from "../measure/figures.js";
import type { Demand, RunningPeer } from "../peers/peer.js";

/** What is to be reached: a figure of Causeway's, or its ratio to that of a peer in the same run. */
export interface Goal {
  readonly figure: FigureName;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** The peer that it is a ratio to. */
  readonly against?: string;
}

/** What a round is to be, for all its servers. */
export interface Terms {
  /** Seconds of load before the measurement, and of the measurement. */
  readonly warmup: number;
  readonly seconds: number;
  /** Messages that may be on their way to the slowest subscriber, where the scenario has a window. */
  readonly window: number;
}

/** A piece of work that is measured. */
export interface Scenario {
  readonly name: string;
  /** What is done, in a line. */
  readonly work: string;
  /** What it asks of a server. */
  readonly demand: Demand;
  /** The peers that it runs beside when none are named. */
  readonly peers: readonly string[];
  /** What its table shows, in this order. */
  readonly figures: readonly FigureName[];
  readonly goals: readonly Goal[];
  readonly window?: number;
  /** Where it is not as with most. */
  readonly rounds?: number;
  /** Seconds of each measurement; 0 where it does not go by the clock. */
  readonly seconds?: number;
  /** What is done before the server is ended, and started again on what it has kept. */
  seed?(server: RunningPeer, serverPid: number): Plan;
  plan(server: RunningPeer, serverPid: number, terms: Terms): Plan;
}
