import { z } from "zod";
import { duration } from "../units.js";

const HOUR = 3_600_000;

export const tokens = z
  .strictObject({
    secret: z
      .string()
      .min(32)
      .max(1024)
      .meta({ writeOnly: true })
      .optional()
      .describe(
        "Secret that tokens (JWT, HS256, HS384 or HS512) are signed with, 32 characters or more. Without it every token is refused.",
      ),
    audience: z.string().min(1).optional().describe("What the claim `aud` of a token must be or hold."),
    issuer: z.string().min(1).optional().describe("What the claim `iss` of a token must be."),
    clockTolerance: duration({ zero: true, max: HOUR })
      .prefault("0s")
      .describe("How far the clock of whoever makes the tokens may be from the server's."),
    requireExpiry: z
      .boolean()
      .default(true)
      .describe("Refuse tokens without `exp`. Such a token is good until the secret changes."),
  })
  .prefault({})
  .describe("Tokens of clients of the channel protocol.");
