import { isOnLoopbackOnly, letsAnonymousIn } from "./anonymous.js";
import type { Config } from "./schema.js";

/**
 * Whether every topic filter is a channel: what the configuration says, else where nobody can connect but this machine or those who
 * are known, and no rule keeps its topics for some, which these channels would pass by.
 */
export function servesMqttChannels(config: Config): boolean {
  const { mqttChannels, channels } = config.bridge;
  if (mqttChannels !== undefined) return mqttChannels;
  if (channels.some(({ requireToken, access }) => requireToken || access)) return false;
  return isOnLoopbackOnly(config) || !letsAnonymousIn(config);
}
