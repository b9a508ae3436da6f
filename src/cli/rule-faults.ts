import { validateRules } from "../bridge/validate.js";
import { servesMqttChannels } from "../config/mqtt-channels.js";
import type { Config } from "../config/schema.js";

/** What is wrong with the rules, as a check of the configuration, so that every fault is reported at once. */
export function ruleFaults(config: Config) {
  return validateRules(config.bridge.channels, { mqttChannels: servesMqttChannels(config) });
}
