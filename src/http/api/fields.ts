import { z } from "zod";
import { topicFilterFault, topicNameFault } from "../../mqtt/topics.js";

/*
 * What the inputs of several operations are made of.
 */

/** Longer names are no channels. */
const MAX_CHANNEL = 255;
/** Items of a list in one answer, or in one request. */
export const MOST_ITEMS = 1_000;
const DEFAULT_LIMIT = 100;

/** Half a character is none: it could not be written as UTF-8, and would turn into another name [MQTT-1.5.3-1]. */
const name = () => z.string().refine((text) => !/\p{Surrogate}/u.test(text), "is not well-formed Unicode");

/** A name that a rule of MQTT's judges. */
const judged = (fault: (text: string) => string | undefined) =>
  name().superRefine((text, context) => {
    const message = fault(text);
    if (message) context.addIssue({ code: "custom", message });
  });

export const topicName = () => judged(topicNameFault).describe("A topic name, without wildcards.");

export const topicFilter = () =>
  judged(topicFilterFault).describe("A topic filter; `+` and `#` are wildcards.");

export const channelName = () => name().min(1).max(MAX_CHANNEL).describe("The name of a channel.");

export const userName = () =>
  name().min(1).max(MAX_CHANNEL).describe("The user, as the token's `sub` names it.");

export const sessionId = () =>
  name().min(1).max(MAX_CHANNEL).describe("Only this session of the user. Default: all of them.");

/** A whole number in a query, where everything is text. */
export function wholeNumber(min: number, max: number) {
  return z.preprocess(
    (text) => (typeof text === "string" && /^\d{1,16}$/.test(text) ? Number(text) : text),
    z.int().min(min).max(max),
  );
}

/** `true` or `false` in a query; `false` when it is left out. */
export const flag = () =>
  z
    .preprocess((text) => (text === "true" ? true : text === "false" ? false : text), z.boolean())
    .default(false);

export const limit = (least = 1) =>
  wholeNumber(least, MOST_ITEMS).default(DEFAULT_LIMIT).describe("The most items in the answer.");

export const cursor = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, "is not a cursor: give the one of the last answer, as it is")
    .optional()
    .describe("Where to go on: the `cursor` of the answer before. What it holds may change.");

export const nextCursor = () =>
  z.string().optional().describe("There is more: ask again with it. Absent in the last answer.");

export const disconnectCode = () =>
  z
    .int()
    .min(3_000)
    .max(4_999)
    .describe(
      "Disconnect code. After 3000-3499 and 4000-4499 client libraries come back, after others they stay away.",
    );

/** It becomes the reason of a WebSocket close frame, which is short [RFC 6455, 5.5.1]. */
export const reason = () =>
  z
    .string()
    .regex(/^[ -~]{1,100}$/, "must be 1 to 100 ASCII characters on one line")
    .describe("Told to the client and written to the log: ASCII, at most 100 characters.");

export const time = () => z.int().describe("Milliseconds since 1970.");

export const qos = () => z.literal([0, 1, 2]).meta({ type: "integer" });

export const encoding = () =>
  z.literal("base64").optional().describe("Set when `data` is a string that stands for bytes.");
