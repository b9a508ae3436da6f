import { z } from "zod";
import { duration } from "../units.js";
import { webAddress } from "../web-address.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;

export const authWebhook = z
  .strictObject({
    url: webAddress().describe("Who is asked, with a POST, whether a client may come in."),
    secret: z
      .string()
      .min(16)
      .max(1024)
      .meta({ writeOnly: true })
      .optional()
      .describe("Secret that each request is signed with (HMAC-SHA256), as with `webhooks`."),
    timeout: duration({ max: MINUTE })
      .prefault("3s")
      .describe("Longest time to wait for an answer; without one the client is refused."),
    cache: duration({ zero: true, max: HOUR })
      .prefault("30s")
      .describe("How long an answer holds for the same credentials from the same client; 0 asks every time."),
    maxPending: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe(
        "Requests at a time; further clients wait, and are refused when they have waited for the timeout.",
      ),
  })
  .optional()
  .describe("A server of yours that decides who is let in.");
