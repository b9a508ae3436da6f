import { isLoopback } from "./address.js";
import { usedListeners } from "./checks.js";
import type { Config } from "./schema.js";

/** Whether every topic filter is a channel: what the configuration says, else only where nobody else can connect. */
export function servesMqttChannels(config: Config): boolean {
  return config.bridge.mqttChannels ?? usedListeners(config).every(([, address]) => isLoopback(address));
}
