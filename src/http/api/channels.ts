import { z } from "zod";
import type { ChannelAccess } from "./caller-rights.js";
import type { ChannelPublisher } from "./delivery.js";
import { channelName, cursor, limit, nextCursor, qos } from "./fields.js";
import { globMatches } from "./glob.js";
import { cursorAfter, firstKeys, fromCursor } from "./listing.js";
import { operation } from "./operation.js";
import { checkRead, mayRead } from "./permission.js";

/** The channels and their rules. What does not exist or is not allowed is an error of the channel protocol. */
export interface Channels extends ChannelPublisher, ChannelAccess {
  /** Channels that somebody is subscribed to, in no order. */
  active(): Iterable<string>;
  /** 0 for a channel that is not open. */
  subscribers(channel: string): number;
  /** What a channel is, open or not; throws when no rule makes it. */
  describe(channel: string): ChannelDescription;
}

export interface ChannelDescription {
  /** The filters that feed it. */
  readonly topics: readonly string[];
  readonly snapshot: boolean;
  /** The message that a publication becomes; absent when nobody may publish. */
  readonly publish?:
    | { readonly topic: string; readonly qos: 0 | 1 | 2; readonly retain: boolean }
    | undefined;
}

interface ChannelParts {
  readonly channels: Channels;
}

const activeChannel = z.object({
  channel: z.string(),
  subscribers: z.int().describe("Subscriptions to it, of all sessions."),
});

export const listChannels = operation({
  id: "listChannels",
  scope: "read",
  method: "GET",
  path: "/api/v1/channels",
  tag: "channels",
  summary: "Channels that somebody is subscribed to",
  description: "In the order of their names.",
  query: z.strictObject({
    prefix: z.string().max(255).optional().describe("Only channels whose names begin with it."),
    pattern: z
      .string()
      .max(255)
      .optional()
      .describe("Only channels whose names match; `*` stands for any characters, as in `device:*:status`."),
    limit: limit(),
    cursor: cursor(),
  }),
  answer: z.object({ channels: z.array(activeChannel), cursor: nextCursor() }),
  example: {
    query: { prefix: "device:", limit: 2 },
    answer: {
      channels: [
        { channel: "device:7", subscribers: 3 },
        { channel: "device:8", subscribers: 1 },
      ],
      cursor: "ZGV2aWNlOjg",
    },
  },
  handle: async (
    { channels }: ChannelParts,
    { query: { prefix = "", pattern, limit, cursor } },
    { rights },
  ) => {
    const page = await firstKeys(channels.active(), {
      limit,
      after: fromCursor(cursor),
      fits: (name) =>
        name.startsWith(prefix) &&
        (pattern === undefined || globMatches(pattern, name)) &&
        mayRead(rights, channels, name, "subscribe"),
    });
    const listed = page.keys.map((channel) => ({ channel, subscribers: channels.subscribers(channel) }));
    return { channels: listed, ...cursorAfter(page) };
  },
});

export const channelPath = z.strictObject({ channel: channelName() });

export const getChannel = operation({
  id: "getChannel",
  scope: "read",
  method: "GET",
  path: "/api/v1/channels/{channel}",
  tag: "channels",
  summary: "One channel",
  description: "What the channel is by its rule, and how many are subscribed now; nobody need be.",
  params: channelPath,
  answer: z.object({
    channel: z.string(),
    subscribers: z.int(),
    topics: z.array(z.string()).describe("The topic filters that feed it."),
    snapshot: z.boolean().describe("Whether subscribers get the last value of every topic first."),
    publish: z
      .object({ topic: z.string(), qos: qos(), retain: z.boolean() })
      .optional()
      .describe("The MQTT message that a publication becomes. Absent: the channel is read-only."),
  }),
  example: {
    params: { channel: "device:7" },
    answer: {
      channel: "device:7",
      subscribers: 3,
      topics: ["devices/7/#"],
      snapshot: true,
      publish: { topic: "devices/7/commands", qos: 1, retain: false },
    },
  },
  errors: { 404: "No rule makes the channel." },
  handle: async ({ channels }: ChannelParts, { params: { channel } }, { rights }) => {
    checkRead(rights, channels, channel, "subscribe");
    const { topics, ...rest } = channels.describe(channel);
    return { channel, subscribers: channels.subscribers(channel), topics: [...topics], ...rest };
  },
});
