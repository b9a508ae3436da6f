import type { Config } from "../schema.js";
import { type Weakness, weaknesses } from "./weakness.js";

const LONG_TIMEOUT = 60_000;

/** What one client or address can take of the server. */
export function limitWeaknesses({ limits, mqtt, gateway }: Config): Weakness[] {
  return weaknesses(
    [
      limits.connectionsPerAddress === undefined,
      "limits.connectionsPerAddress",
      "one address can take every connection (mqtt.maxConnections) for itself",
    ],
    [limits.connectRate === undefined, "limits.connectRate", "one address can connect as often as it likes"],
    [
      limits.messageRate === undefined,
      "limits.messageRate",
      "one client can publish as much as the machine takes",
    ],
    [limits.byteRate === undefined, "limits.byteRate", "one client can fill the network and the disk"],
    [limits.subscribeRate === undefined, "limits.subscribeRate", "one client can subscribe without a pause"],
    [
      mqtt.connectTimeout > LONG_TIMEOUT,
      "mqtt.connectTimeout",
      "strangers hold connections for longer than a minute before they say who they are",
    ],
    [
      gateway.connectTimeout > LONG_TIMEOUT,
      "gateway.connectTimeout",
      "strangers hold sessions for longer than a minute before they say who they are",
    ],
  );
}
