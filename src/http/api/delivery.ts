import { z } from "zod";
import { reservedFault } from "../../mqtt/topics.js";
import { type Content, payloadOf } from "./content.js";
import { ApiError } from "./error.js";
import { qos } from "./fields.js";
import type { Context } from "./operation.js";
import { checkChannelPublish, checkPublish, type Described } from "./permission.js";

/** The broker, as far as messages are concerned. */
export interface Topics {
  /** Resolves once the message is taken, and stored where it must survive; rejects with a reason in plain words. */
  publish(message: Message): Promise<void>;
}

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** The channels, as far as it concerns what is published on them. */
export interface ChannelPublisher {
  /** Publishes as a client would. Resolves once the message is taken; rejects with an error of the channel protocol. */
  publish(channel: string, published: Content): Promise<void>;
}

export interface PublishParts {
  readonly topics: Topics;
  readonly channels: ChannelPublisher & Described;
}

/** Where it goes: one of them. */
export interface Target {
  readonly topic?: string | undefined;
  readonly channel?: string | undefined;
}

interface Flags {
  readonly qos?: 0 | 1 | 2 | undefined;
  readonly retain?: boolean | undefined;
}

/** Who has an answer wants to know that those who asked for reliable delivery get the message. */
const DEFAULT_QOS = 1;

/** The keys of a body that say how it is published. */
export const flags = {
  qos: qos()
    .optional()
    .describe(
      `QoS of the message, ${DEFAULT_QOS} by default. Only with topics: a channel's rule has its own.`,
    ),
  retain: z
    .boolean()
    .optional()
    .describe("Whether the message is retained. Only with topics: a channel's rule says it itself."),
};

/** Begins at once, so that what is asked for first is published first. */
export async function deliver(
  parts: PublishParts,
  { topic, channel }: Target,
  published: Content,
  { qos = DEFAULT_QOS, retain = false }: Flags,
  context: Context,
): Promise<void> {
  if (channel !== undefined) {
    checkChannelPublish(context.rights, parts.channels, channel);
    return context.within(parts.channels.publish(channel, published));
  }
  if (topic === undefined) return;
  const reserved = reservedFault(topic);
  if (reserved) throw new ApiError(403, `topic ${JSON.stringify(shorten(topic))}: ${reserved}`);
  checkPublish(context.rights, { topic, qos, retain });
  await context.within(send(parts.topics, { topic, payload: payloadOf(published), qos, retain }));
}

/** Publishes a message whose topic is in order: what is wrong then is wrong with the server. */
export async function send(topics: Topics, message: Message): Promise<void> {
  try {
    await topics.publish(message);
  } catch (error) {
    throw new ApiError(503, error instanceof Error ? error.message : String(error));
  }
}

export function noFlagsForChannels({ channel, ...body }: Target & Flags, context: z.RefinementCtx): void {
  if (channel === undefined) return;
  for (const key of ["qos", "retain"])
    if (key in body)
      context.addIssue({
        code: "custom",
        path: [key],
        message: "goes with a topic; the channel's rule has its own",
      });
}

export function shorten(topic: string): string {
  return topic.length > 200 ? `${topic.slice(0, 200)}...` : topic;
}
