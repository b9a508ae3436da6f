import { z } from "zod";
import { channelActions } from "../../access/rights.js";
import { scopes } from "../../access/scope.js";
import { MAX_CHANNEL_NAME } from "../../gateway/channel-name.js";
import { topicFilterFault } from "../../mqtt/topics.js";
import { UnusableAnswer } from "./unusable-answer.js";

const MOST_USER = 255;
const MOST_CHANNELS = 128;
const MOST_RIGHTS = 1_000;
/** Of `info` as JSON: it is kept for every session, and shown to others. */
const MOST_INFO_BYTES = 4 * 1024;
/** In the year 5138. A larger time has been written in milliseconds, and would hold for ever. */
const LATEST_SECONDS = 100_000_000_000;

const channel = z.string().min(1).max(MAX_CHANNEL_NAME);

const filter = z.string().superRefine((text, context) => {
  const fault = topicFilterFault(text);
  if (fault) context.addIssue({ code: "custom", message: fault });
});

const rights = z.strictObject({
  publish: z.array(filter).max(MOST_RIGHTS).default([]),
  subscribe: z.array(filter).max(MOST_RIGHTS).default([]),
  channels: z.record(channel, z.array(z.enum(channelActions))).default({}),
});

/** Strict: a key that is misspelt, as that of the end, would let somebody do more than was meant. */
const answer = z.strictObject({
  allow: z.boolean(),
  user: z.string().max(MOST_USER).optional(),
  expiresAt: z
    .number()
    .min(0)
    .max(LATEST_SECONDS, { error: "it is in seconds since 1970, not in milliseconds" })
    .optional(),
  clientId: z.string().optional(),
  info: z
    .unknown()
    .refine(fitsInfo, { error: `it is larger than ${MOST_INFO_BYTES} bytes` })
    .optional(),
  channels: z.array(channel).max(MOST_CHANNELS).default([]),
  scopes: z.array(z.enum(scopes)).default(["connect"]),
  rights: rights.optional(),
});

/** What the server that was asked says. */
export type Answer = z.output<typeof answer>;

/** @throws UnusableAnswer */
export function parseAnswer(body: Buffer): Answer {
  const { data, error } = answer.safeParse(parseJson(body));
  if (error) throw new UnusableAnswer(describe(error.issues[0]));
  return data;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new UnusableAnswer("its answer is not JSON");
  }
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path.join(".") ?? "";
  return `its answer is not as documented: ${path === "" ? "" : `${path}: `}${issue?.message ?? "unknown"}`;
}

function fitsInfo(info: unknown): boolean {
  return info === undefined || Buffer.byteLength(JSON.stringify(info)) <= MOST_INFO_BYTES;
}
