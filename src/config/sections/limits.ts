import { z } from "zod";
import { MAX_LEVELS } from "../../mqtt/topics.js";
import { duration, rate, size } from "../units.js";

const MINUTE = 60_000;

export const limits = z
  .strictObject({
    connectionsPerAddress: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        "Connections of one address at a time, over all listeners. An IPv6 address counts by its first 64 bits. Default: no bound.",
      ),
    connectRate: rate()
      .optional()
      .describe(
        "New connections of one address, on average; a fifth of a minute's worth may come at once. Default: no bound.",
      ),
    messageRate: rate()
      .optional()
      .describe(
        "Messages that one client publishes, on average. Over it a client at QoS 1 or 2 is not read for a while; at QoS 0 its messages are dropped and counted. Default: no bound.",
      ),
    byteRate: size()
      .optional()
      .describe(
        "Bytes of messages that one client publishes, a second; with the same policy. Default: no bound.",
      ),
    subscribeRate: rate()
      .optional()
      .describe(
        "Topic filters that one client subscribes to or unsubscribes from, on average; over it an MQTT client is not read for a while. Of a session, the channels that it subscribes to; over it the next is refused for now. Default: no bound.",
      ),
    maxTopicLength: z
      .int()
      .min(1)
      .max(65_535)
      .default(4_096)
      .describe("Bytes of a topic or filter of a client; a longer one ends its connection."),
    maxTopicLevels: z
      .int()
      .min(1)
      .max(MAX_LEVELS)
      .default(MAX_LEVELS)
      .describe("Levels of a topic or filter of a client; a deeper one ends its connection."),
    unauthenticatedSize: size({ max: 1024 ** 2 })
      .prefault("64KiB")
      .describe("Largest CONNECT; nobody who is not let in yet can make the server keep more."),
    httpIdle: duration({ max: 10 * MINUTE })
      .prefault("5s")
      .describe("How long a connection without a request under way is kept by the HTTP listener."),
  })
  .prefault({})
  .describe("Limits for each address and for each client.");
