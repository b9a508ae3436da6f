import type { Rule } from "../../src/bridge/options.js";
import type { Random } from "../model/random.js";

/** The channels of a run and the topics behind them. */
export interface World {
  readonly kind: "exact" | "family" | "mqtt";
  /** Filter by channel. */
  readonly channels: ReadonlyMap<string, string>;
  readonly topics: readonly string[];
  readonly rules: readonly (Partial<Rule> & Pick<Rule, "channel" | "topics">)[];
  /** Last values that the server keeps, over all channels. */
  readonly maxTopics: number;
  /** Publications per channel that can be recovered; 0 for none. */
  readonly history: number;
  /** Subscribers are told less than everything, the newest of each topic. */
  readonly isPaced: boolean;
}

/** With a rule's own channel, with the channels of a family, or with those that are made of any filter. */
export function worldOf(random: Random): World {
  const kind = random.oneOf(["exact", "exact", "family", "family", "mqtt"] as const);
  const history = kind === "mqtt" ? 0 : random.oneOf([0, 3, 10, 1_000]);
  const pace = random.oneOf([{}, {}, {}, { whenSlow: "newest" as const }, { maxRate: 300 }]);
  const isPaced = kind !== "mqtt" && Object.keys(pace).length > 0;
  const keeps = {
    ...pace,
    snapshot: true,
    ...(history > 0 ? { history: { size: history, ttl: 600_000 } } : {}),
  };
  switch (kind) {
    case "exact":
      return {
        kind,
        history,
        isPaced,
        channels: new Map([["rooms", "rooms/#"]]),
        topics: numbered(10).map((n) => `rooms/${n}`),
        rules: [{ channel: "rooms", topics: ["rooms/#"], ...keeps }],
        maxTopics: random.oneOf([2, 4, 7, 1_000]),
      };
    case "family":
      return {
        kind,
        history,
        isPaced,
        channels: new Map([1, 2].map((id) => [`device:${id}`, `devices/${id}/#`])),
        topics: [1, 2, 3].flatMap((id) => numbered(5).map((n) => `devices/${id}/${n}`)),
        rules: [{ channel: "device:{id}", topics: ["devices/{id}/#"], ...keeps }],
        maxTopics: random.oneOf([2, 4, 9, 1_000]),
      };
    case "mqtt":
      return {
        kind,
        history,
        isPaced,
        channels: new Map(["m/#", "m/+/1"].map((filter) => [`mqtt:${filter}`, filter])),
        topics: numbered(5).flatMap((n) => [`m/${n}/0`, `m/${n}/1`]),
        rules: [],
        maxTopics: 1_000,
      };
  }
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
