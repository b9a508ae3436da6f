import { z } from "zod";
import { duration, rate, size } from "../units.js";

const channelName = z
  .string()
  .min(1)
  .max(255)
  .describe("Channel name; `{name}` captures one topic level, `{name...}` the rest of the topic.");

const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);

/** What holds for data of clients, in a publication and in a request. */
const limits = {
  maxSize: size()
    .optional()
    .describe(
      "Largest MQTT payload taken, in bytes; with a schema at most 64KiB, which is its default then.",
    ),
  schema: z
    .unknown()
    .refine((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
      error: "a JSON Schema, which is a mapping",
    })
    .transform((value) => value as Readonly<Record<string, unknown>>)
    .meta({ title: "JSON Schema" })
    .optional()
    .describe(
      "JSON Schema (draft 2020-12) that the payload must conform to; references stay inside it, formats are not checked.",
    ),
};

const publish = z
  .strictObject({
    topic: z
      .string()
      .min(1)
      .describe("Topic that a publication from a browser is published to; captures are filled in."),
    qos: qos.default(0).describe("QoS of that message."),
    retain: z.boolean().default(false).describe("Whether that message is retained."),
    ...limits,
  })
  .optional()
  .describe("Lets subscribers publish. Without it the channel is read-only.");

const request = z
  .strictObject({
    topic: z
      .string()
      .min(1)
      .describe(
        "Topic that a request is published to; captures are filled in. It holds the level `{requestId}`, new for each request.",
      ),
    response: z
      .string()
      .min(1)
      .describe("Topic that the device publishes its answer to, with the same `{requestId}`."),
    qos: qos.default(1).describe("QoS of the request's message."),
    timeout: duration()
      .prefault("10s")
      .describe("Time for the device to answer; a client can ask for a shorter one."),
    maxPending: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe("Requests of one channel waiting for an answer; one more is refused with error 111."),
    ...limits,
  })
  .optional()
  .describe("Lets clients send a device a command and wait for its answer.");

const users = (what: string) =>
  z.array(z.string().min(1).max(255)).max(1_000).optional().describe(`Users who may ${what}.`);

export const rule = z.strictObject({
  channel: channelName,
  topics: z
    .array(z.string().min(1))
    .min(1)
    .describe("MQTT topic filters that feed the channel; captures stand for levels."),
  publish,
  request,
  snapshot: z
    .boolean()
    .default(false)
    .describe(
      "Send the last value of every topic on subscribe, and serve the channel as a map of its topics.",
    ),
  history: z
    .strictObject({
      size: z.int().min(1).max(100_000).default(100).describe("Publications kept per channel."),
      ttl: duration().prefault("10m").describe("How long a publication is kept."),
      persist: z
        .boolean()
        .default(false)
        .describe(
          "Keep them in the store, so that clients recover over a restart of the server too. A publication is written before any client gets it, and while the store cannot write the channel stands still.",
        ),
    })
    .optional()
    .describe("Keeps the channel's publications, so that a client that comes back gets what it missed."),
  presence: z
    .boolean()
    .default(false)
    .describe("Tell subscribers who else is subscribed, and who joins and leaves."),
  requireToken: z
    .boolean()
    .default(false)
    .describe("Let in only subscribers with a token for the channel (`tokens.secret`)."),
  access: z
    .strictObject({
      subscribe: users("subscribe"),
      publish: users("publish"),
      presence: users("see who is subscribed"),
      history: users("read what was published, and recover it after a reconnect"),
      rpc: users("send requests"),
    })
    .optional()
    .describe(
      "User names, with `*` for any text, for each of `subscribe`, `publish`, `presence`, `history` and `rpc`: those users may, others may not, whatever their rights to the topics. `*` alone is every user with a name. What is not named here follows the rights to the topics.",
    ),
  maxRate: rate()
    .optional()
    .describe(
      "Publications that one subscription is told, at most: the newest value of every topic, spread evenly. A subscriber may ask for less.",
    ),
  whenSlow: z
    .enum(["close", "newest"])
    .default("close")
    .describe(
      "What a client that reads too slowly gets: `close` everything, until it is closed with code 3008; `newest` the newest value of every topic.",
    ),
  delta: z
    .boolean()
    .default(true)
    .describe("Whether clients that ask for it are told values as what has changed since the one before."),
});
