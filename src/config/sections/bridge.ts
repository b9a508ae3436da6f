import { z } from "zod";
import { duration, size } from "../units.js";
import { rule } from "./rule.js";

export const bridge = z
  .strictObject({
    channels: z.array(rule).prefault([]).describe("Rules between MQTT topics and channels."),
    mqttChannels: z
      .boolean()
      .optional()
      .describe(
        "Serve every topic filter as the channel `mqtt:FILTER`, readable and writable. Default: on while every listener is on loopback or anonymous clients are not let in, and no rule has `requireToken` or `access`, which these channels know nothing of.",
      ),
    maxTopics: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(10_000)
      .describe(
        "Last values kept per channel; at the bound the least recently updated is dropped and counted.",
      ),
    maxHistorySize: size()
      .prefault("64MiB")
      .describe(
        "Bytes of history of one rule, over all its channels; at the bound the channel that was published to longest ago loses its history.",
      ),
    linger: duration({ zero: true })
      .prefault("60s")
      .describe("How long a channel keeps its subscription and last values after its last subscriber left."),
  })
  .prefault({})
  .describe("The bridge between topics and channels.");
