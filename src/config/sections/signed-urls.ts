import { z } from "zod";
import { duration } from "../units.js";

const YEAR = 366 * 86_400_000;

export const signedUrls = z
  .strictObject({
    secret: z
      .string()
      .min(32)
      .max(1024)
      .meta({ writeOnly: true })
      .describe("Secret that URLs of channels are signed with (HMAC-SHA256), 32 characters or more."),
    maxAge: duration({ max: YEAR })
      .prefault("1d")
      .describe("A URL whose end is further away than this is refused."),
    maxUsed: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe(
        "URLs for single use that are remembered as used until they end; at the bound further ones are refused.",
      ),
  })
  .optional()
  .describe("Signed URLs: `/v3/CHANNEL?user=...&expires=...&signature=...` lets in without a token.");
