import type { Entry } from "../peers/peer.js";

/** A kind of work that is measured. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** How subscribers come in. */
  readonly entry: Entry;
  readonly subscriberCount: number;
  readonly payloadBytes: number;
  /** Messages that the publisher may be ahead of the slowest subscriber. */
  readonly window: number;
  /** The peers that it runs beside when none are named. */
  readonly peers: readonly string[];
}
