import { z } from "zod";
import { onOneLine } from "../../json/one-line.js";
import { rawMember } from "../../json/raw-json.js";
import { channelName, disconnectCode, reason, sessionId, userName } from "./fields.js";
import { operation } from "./operation.js";
import { checkGrant, type Described } from "./permission.js";

/** All sessions of a user, or one of them. Each gives how many sessions it was done to. */
export interface Users {
  /** Sessions that are subscribed already are counted and left alone. Rejects when no rule makes the channel. */
  subscribe(who: Who, channel: string): Promise<number>;
  /** Without a code clients do not subscribe again by themselves. */
  unsubscribe(
    who: Who,
    channel: string,
    why: { code?: number | undefined; reason?: string | undefined },
  ): number;
  disconnect(who: Who, why: { code?: number | undefined; reason?: string | undefined }): number;
  /** Moves the end of the sessions' time; `expiresAt` in seconds since 1970, undefined for no end. */
  refresh(who: Who, expiresAt: number | undefined): number;
  /** Sends JSON text, which is on one line, as a message that belongs to no channel. */
  send(who: Who, data: string): number;
}

export interface Who {
  readonly user: string;
  readonly session: string | undefined;
}

const params = z.strictObject({ user: userName() });
const session = sessionId().optional();
const answer = z.object({
  sessions: z.int().describe("How many sessions it was done to; 0 when the user has none."),
});

export const subscribeUser = operation({
  id: "subscribeUser",
  scope: "manage",
  method: "POST",
  path: "/api/v1/users/{user}/subscribe",
  tag: "users",
  summary: "Subscribe a user's sessions to a channel",
  description: "They are told, and get what is published on it as if they had asked for it.",
  params,
  body: z.strictObject({ channel: channelName(), session }),
  answer,
  example: { params: { user: "42" }, body: { channel: "device:7" }, answer: { sessions: 2 } },
  errors: { 404: "No rule makes the channel." },
  handle: async (
    { users, channels }: { users: Users; channels: Described },
    { params: { user }, body: { channel, session } },
    { rights },
  ) => {
    checkGrant(rights, channels, channel);
    return { sessions: await users.subscribe({ user, session }, channel) };
  },
  changes: ({ params: { user }, body }, { sessions }) => ({ user, ...body, sessions }),
});

export const unsubscribeUser = operation({
  id: "unsubscribeUser",
  scope: "manage",
  method: "POST",
  path: "/api/v1/users/{user}/unsubscribe",
  tag: "users",
  summary: "End a user's subscriptions to a channel",
  params,
  body: z.strictObject({
    channel: channelName(),
    session,
    code: z
      .int()
      .min(2_000)
      .max(2_999)
      .optional()
      .describe(
        "Unsubscribe code. From 2500 on client libraries subscribe again; below, they do not. Default: 2000.",
      ),
    reason: reason().optional(),
  }),
  answer,
  example: { params: { user: "42" }, body: { channel: "device:7" }, answer: { sessions: 2 } },
  handle: async (
    { users }: { users: Users },
    { params: { user }, body: { channel, session, code, reason } },
  ) => ({
    sessions: users.unsubscribe({ user, session }, channel, { code, reason }),
  }),
  changes: ({ params: { user }, body }, { sessions }) => ({ user, ...body, sessions }),
});

export const disconnectUser = operation({
  id: "disconnectUser",
  scope: "manage",
  method: "POST",
  path: "/api/v1/users/{user}/disconnect",
  tag: "users",
  summary: "Disconnect a user's sessions",
  params,
  body: z.strictObject({ session, code: disconnectCode().optional(), reason: reason().optional() }),
  answer,
  example: {
    params: { user: "42" },
    body: { code: 4501, reason: "account closed" },
    answer: { sessions: 2 },
  },
  handle: async ({ users }: { users: Users }, { params: { user }, body: { session, code, reason } }) => ({
    sessions: users.disconnect({ user, session }, { code, reason }),
  }),
  changes: ({ params: { user }, body }, { sessions }) => ({ user, ...body, sessions }),
});

export const refreshUser = operation({
  id: "refreshUser",
  scope: "manage",
  method: "POST",
  path: "/api/v1/users/{user}/refresh",
  tag: "users",
  summary: "Give a user's sessions more time, or less",
  description: "Moves the time at which sessions expire, which their tokens have set.",
  params,
  body: z.strictObject({
    session,
    expiresAt: z
      .int()
      .min(0)
      .optional()
      .describe("When they expire, in seconds since 1970; a time that has passed ends them. Default: never."),
  }),
  answer,
  example: { params: { user: "42" }, body: { expiresAt: 1_798_761_600 }, answer: { sessions: 2 } },
  handle: async ({ users }: { users: Users }, { params: { user }, body: { session, expiresAt } }) => ({
    sessions: users.refresh({ user, session }, expiresAt),
  }),
  changes: ({ params: { user }, body }, { sessions }) => ({ user, ...body, sessions }),
});

export const sendToUser = operation({
  id: "sendToUser",
  scope: "manage",
  method: "POST",
  path: "/api/v1/users/{user}/send",
  tag: "users",
  summary: "Send a user's sessions a message",
  description:
    "It belongs to no channel; client libraries have an event `message` for it. It is sent once and kept nowhere.",
  params,
  body: z
    .strictObject({ session, data: z.unknown().describe("Any JSON.") })
    .superRefine((body, context) => {
      if (!("data" in body)) context.addIssue({ code: "custom", path: ["data"], message: "is missing" });
    })
    .meta({ required: ["data"] }),
  answer,
  example: { params: { user: "42" }, body: { data: { alarm: "door open" } }, answer: { sessions: 2 } },
  frequent: true,
  handle: async ({ users }: { users: Users }, { params: { user }, body: { session }, text }) => ({
    sessions: users.send({ user, session }, onOneLine(rawMember(text, "data") ?? "null")),
  }),
  changes: ({ params: { user }, body: { session } }, { sessions }) => ({ user, session, sessions }),
});
