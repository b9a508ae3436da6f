import { z } from "zod";
import { topicFilterFault, topicNameFault } from "../../../mqtt/topics.js";
import { FORMAT } from "../format-version.js";
import type {} from "./database.js";

/*
 * An export is JSON lines: first the store's, then one for each thing. Times are milliseconds since 1970; payloads and
 * MQTT 5 properties are base64. Of a client, the session's line comes first and its queue is in order.
 */

const MOST_BYTES = 65_535;
const LATEST = 2 ** 48 - 1;

const text = z
  .string()
  .refine((value) => !/\p{Surrogate}/u.test(value), "is not a valid Unicode text")
  .refine((value) => Buffer.byteLength(value) <= MOST_BYTES, `is longer than ${MOST_BYTES} bytes`);
const clientId = text;
const topicName = text.superRefine((value, context) => addFault(topicNameFault(value), context));
const topicFilter = text.superRefine((value, context) => addFault(topicFilterFault(value), context));
const base64 = z
  .string()
  .refine((value) => Buffer.from(value, "base64").toString("base64") === value, "is not base64");
const time = z.int().min(0).max(LATEST);
const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);
const sequence = z.int().min(1);
const sequences = z.array(sequence).refine(ascends, "does not ascend");
/** Whose it is; `stated`: its credential said itself what it may do. */
const owner = z.strictObject({ user: text, stated: z.boolean() });
const message = {
  topic: topicName,
  payload: base64,
  qos,
  retain: z.boolean(),
  time,
  properties: base64.optional(),
};

const schema = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("store"),
    format: z.literal(FORMAT, `this version of Causeway reads format ${FORMAT} only`),
  }),
  z.strictObject({
    type: z.literal("session"),
    clientId,
    awaySince: time.optional(),
    owner: owner.optional(),
  }),
  z.strictObject({ type: z.literal("subscription"), clientId, filter: topicFilter, qos }),
  z.strictObject({
    type: z.literal("queued"),
    clientId,
    sequence,
    ...message,
    qos: z.union([z.literal(1), z.literal(2)]),
  }),
  z.strictObject({ type: z.literal("incoming"), clientId, packetId: z.int().min(1).max(65_535) }),
  z.strictObject({
    type: z.literal("will"),
    clientId,
    brokerId: z.string().refine((value) => Buffer.byteLength(value) <= 255, "is longer than 255 bytes"),
    owner: owner.optional(),
    ...message,
  }),
  z.strictObject({
    type: z.literal("state"),
    clientId,
    passed: z.int().min(0),
    /** Sent, and not acknowledged. */
    unacknowledged: sequences,
    /** Received by the client, and not completed [MQTT-4.3.3-1]. */
    released: sequences,
  }),
  z.strictObject({ type: z.literal("retained"), ...message }),
  z.strictObject({
    type: z.literal("stream"),
    name: text,
    offset: z.int().min(0),
    /** Absent: it was lost. */
    entry: base64.optional(),
  }),
]);

export type Line = z.output<typeof schema>;
export type LineOf<Type extends Line["type"]> = Line & { type: Type };

/** A line that cannot be imported; its message says why, and follows the line's number. */
export class BadLine extends Error {}

/** @throws {BadLine} */
export function parseLine(json: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new BadLine("is not JSON");
  }
  const { data, error } = schema.safeParse(value);
  if (data) return data;
  const { path, message } = error.issues[0] ?? { path: [], message: "is not valid" };
  throw new BadLine(path.length > 0 ? `has a bad ${path.join(".")}: ${message}` : `is not valid: ${message}`);
}

function addFault(fault: string | undefined, context: z.RefinementCtx): void {
  if (fault) context.addIssue({ code: "custom", message: fault });
}

function ascends(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}
