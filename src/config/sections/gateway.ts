import { z } from "zod";
import { duration, size } from "../units.js";

/** A key that can be guessed is none. */
const MIN_KEY = 16;
/** Each is compared with what a client brings. */
const MOST_KEYS = 1_000;

const compression = z
  .strictObject({
    threshold: size({ zero: true }).prefault("1KiB").describe("Smaller frames are sent as they are."),
    level: z.int().min(1).max(9).default(3).describe("1 is fast, 9 thorough."),
    concurrency: z
      .int()
      .min(1)
      .max(64)
      .default(2)
      .describe("Frames that are compressed or decompressed at a time; the store needs the same threads."),
  })
  .optional()
  .describe(
    "Compresses frames for WebSocket clients that offer permessage-deflate; off unless it is set, `{}` sets it. No frame refers to those before it, so one that many sessions are sent is compressed once for all of them; to each it costs hardly more than without. Frames of one session alone, as a snapshot or what a rate or filter of its own leaves, cost about 10 µs of CPU per KiB. Sending takes no memory per session, receiving up to 50 KiB of each whose client compresses.",
  );

export const gateway = z
  .strictObject({
    connectTimeout: duration()
      .prefault("10s")
      .describe("Time for a new session to send its connect command."),
    pingInterval: duration().prefault("25s").describe("Interval of the server's pings."),
    pongTimeout: duration()
      .prefault("8s")
      .describe("Time for a client to answer a ping; must be shorter than the interval."),
    expiryGrace: duration({ zero: true })
      .prefault("10s")
      .describe(
        "How long a session or subscription goes on after its token has ended, for a newer token to come.",
      ),
    maxSessions: z.int().min(1).max(1_000_000).default(10_000).describe("Channel sessions at a time."),
    maxChannels: z.int().min(1).max(100_000).default(128).describe("Subscriptions of one session."),
    maxFrameSize: size().prefault("64KiB").describe("Largest frame accepted from a client."),
    maxOutboxSize: size()
      .prefault("1MiB")
      .describe("Bytes waiting for a slow session; over it the session is closed with code 3008."),
    compression,
    maxOutboxAge: duration()
      .prefault("10s")
      .describe(
        "How long something may wait for a slow session to take it; over it the session is closed with code 3008.",
      ),
    maxHeldTopics: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(20_000)
      .describe(
        "Topics that one session holds back for rates or a slow client (`maxRate`, `whenSlow: newest`); at the bound the subscription that holds most drops the one that has waited longest, or, if it is a map, has its client catch up.",
      ),
    maxHeldSize: size().prefault("8MiB").describe("Bytes of them, with the same policy at the bound."),
    apiKeys: z
      .array(z.string().min(MIN_KEY).meta({ writeOnly: true }))
      .max(MOST_KEYS)
      .default([])
      .meta({ writeOnly: true })
      .describe(
        "Keys for plain WebSockets, `/v3/{channel}?api_key=...`, of at least 16 characters each. With a key here, one of them or a valid `jwt` is needed; with none, anybody is let in.",
      ),
  })
  .prefault({})
  .describe("Sessions of the channel protocol.");
