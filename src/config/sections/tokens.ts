import { z } from "zod";
import { algorithms } from "../../auth/tokens/algorithm.js";
import { file } from "../file-name.js";
import { duration } from "../units.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const URL_RULE = "a URL that begins with http:// or https://, without a name or password";

const claim = z.string().min(1).max(100);

export const tokens = z
  .strictObject({
    secret: z
      .string()
      .min(32)
      .max(1024)
      .meta({ writeOnly: true })
      .optional()
      .describe("Secret that tokens (JWT, HS256, HS384 or HS512) are signed with, 32 characters or more."),
    keys: z
      .array(
        z.strictObject({
          file: file("PEM file with a public key, or JSON file with a JWK or a set of them (JWKS)."),
          algorithm: z
            .enum(algorithms)
            .optional()
            .describe(
              "The only algorithm for the key; needed where its kind allows several and the file names none. Default for RSA: RS256.",
            ),
        }),
      )
      .max(100)
      .default([])
      .describe("Keys that tokens may be signed with, besides the secret. Read again when they change."),
    jwks: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/, error: URL_RULE })
          .regex(/^[^@]*$/, { error: URL_RULE })
          .meta({ title: "url" })
          .describe("Where the set of keys (JWKS) of your identity provider is."),
        refresh: duration({ max: DAY })
          .prefault("10m")
          .describe("How long the set is used before it is fetched again."),
        cooldown: duration({ max: HOUR })
          .prefault("30s")
          .describe(
            "Shortest time between two fetches, also for tokens that are signed with an unknown key.",
          ),
        timeout: duration({ max: 60_000 }).prefault("5s").describe("Longest time of a fetch."),
        stale: duration({ zero: true, max: 30 * DAY })
          .prefault("1d")
          .describe("How long the last set is still used while the URL does not answer."),
      })
      .optional()
      .describe("Keys of an identity provider."),
    audience: z.string().min(1).optional().describe("What the claim `aud` of a token must be or hold."),
    issuer: z.string().min(1).optional().describe("What the claim `iss` of a token must be."),
    userClaim: claim.default("sub").describe("The claim that holds the user name."),
    clientIdClaim: claim
      .optional()
      .describe(
        "A claim that holds the client identifier that an MQTT client must use; with this key set, MQTT clients need a token that has it.",
      ),
    clockTolerance: duration({ zero: true, max: HOUR })
      .prefault("0s")
      .describe("How far the clock of whoever makes the tokens may be from the server's."),
    requireExpiry: z
      .boolean()
      .default(true)
      .describe("Refuse tokens without `exp`. Such a token is good until the key changes."),
  })
  .prefault({})
  .describe(
    "Tokens (JWT): of channel clients in `connect` and for subscriptions, as `jwt` in `/v3`, as bearer in REST, and as the password of an MQTT client. Without a secret, keys or a URL of keys every token is refused.",
  );
