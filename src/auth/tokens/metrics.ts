import { counter, gauge, type Metric } from "../../http/metric.js";
import type { Tokens } from "./tokens.js";

/** What tokens show at `/metrics`: of their keys at a URL, when there is one. */
export function tokenMetrics({ remote }: Tokens): Metric[] {
  if (!remote) return [];
  const { counters } = remote;
  return [
    counter(
      "auth_jwks_fetches",
      "Fetches of the keys at tokens.jwks, by outcome.",
      () => ({ fetched: counters.fetched, failed: counters.failed }),
      "outcome",
    ),
    gauge("auth_jwks_keys", "Keys of tokens.jwks that are in use.", () => remote.state.keys),
    gauge("auth_jwks_age_seconds", "Age of the set of keys of tokens.jwks.", () => remote.state.age / 1_000),
  ];
}
