import { z } from "zod";
import { JsonText } from "../../json/spliced.js";
import { channelPath } from "./channels.js";
import { cursor, limit, nextCursor } from "./fields.js";
import { cursorAfter, firstKeys, fromCursor } from "./listing.js";
import { operation } from "./operation.js";
import { checkRead, type Described } from "./permission.js";

/** Who is subscribed to channels. Without presence in the channel's rule it is an error of the channel protocol. */
export interface Presences {
  /** By the identifier of the session, in no order. */
  presence(channel: string): ReadonlyMap<string, Member>;
  presenceStats(channel: string): PresenceStats;
}

/** A session that is subscribed. */
export interface Member {
  readonly user: string;
  /** JSON text, from the connection's token and from the subscription's. */
  readonly connInfo: string | undefined;
  readonly chanInfo: string | undefined;
}

export interface PresenceStats {
  readonly clients: number;
  readonly users: number;
}

interface PresenceParts {
  readonly channels: Described;
  readonly presences: Presences;
}

const errors = {
  404: "No rule makes the channel.",
  409: "The channel's rule has no `presence`.",
};

export const getPresence = operation({
  id: "getPresence",
  scope: "read",
  method: "GET",
  path: "/api/v1/channels/{channel}/presence",
  tag: "channels",
  summary: "Who is subscribed to a channel",
  description: "In the order of the sessions' identifiers.",
  params: channelPath,
  query: z.strictObject({ limit: limit(), cursor: cursor() }),
  answer: z.object({
    clients: z.array(
      z.object({
        client: z.string().describe("The identifier of the session."),
        user: z.string().describe("Empty for a session without a token."),
        connInfo: z.unknown().optional().describe("The `info` of the connection's token."),
        chanInfo: z.unknown().optional().describe("The `info` of the subscription's token."),
      }),
    ),
    cursor: nextCursor(),
  }),
  example: {
    params: { channel: "device:7" },
    answer: {
      clients: [{ client: "0b5d1e7c4f6a8e9d", user: "42", connInfo: { name: "Ada" } }],
    },
  },
  errors,
  handle: async (
    { presences, channels }: PresenceParts,
    { params: { channel }, query: { limit, cursor } },
    { rights },
  ) => {
    checkRead(rights, channels, channel, "presence");
    const members = presences.presence(channel);
    const page = await firstKeys(members.keys(), { limit, after: fromCursor(cursor) });
    const clients = page.keys.flatMap((client) => {
      const member = members.get(client); // it may have left meanwhile
      return member ? [{ client, ...written(member) }] : [];
    });
    return { clients, ...cursorAfter(page) };
  },
});

export const getPresenceStats = operation({
  id: "getPresenceStats",
  scope: "read",
  method: "GET",
  path: "/api/v1/channels/{channel}/presence-stats",
  tag: "channels",
  summary: "How many are subscribed to a channel",
  params: channelPath,
  answer: z.object({
    clients: z.int().describe("Sessions."),
    users: z.int().describe("Different users among them."),
  }),
  example: { params: { channel: "device:7" }, answer: { clients: 3, users: 2 } },
  errors,
  handle: async ({ presences, channels }: PresenceParts, { params: { channel } }, { rights }) => {
    checkRead(rights, channels, channel, "presence");
    return presences.presenceStats(channel);
  },
});

function written({ user, connInfo, chanInfo }: Member) {
  return {
    user,
    connInfo: connInfo === undefined ? undefined : new JsonText(connInfo),
    chanInfo: chanInfo === undefined ? undefined : new JsonText(chanInfo),
  };
}
