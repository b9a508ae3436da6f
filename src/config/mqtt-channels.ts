import { isOnLoopbackOnly } from "./loopback.js";
import type { Config } from "./schema.js";

/**
 * Whether every topic filter is a channel: what the configuration says, else only where nobody else can connect and no rule keeps its
 * topics for those with a token, which these channels would pass by.
 */
export function servesMqttChannels(config: Config): boolean {
  const { mqttChannels, channels } = config.bridge;
  return mqttChannels ?? (isOnLoopbackOnly(config) && !channels.some(({ requireToken }) => requireToken));
}
