import { type JWTPayload, SignJWT } from "jose";
import { Denied } from "../access/denied.js";
import { Claims } from "../auth/tokens/claims.js";
import { MAX_TOKEN } from "../auth/tokens/header.js";
import { grantOf, principalOf } from "../auth/tokens/statement.js";
import type { Config } from "../config/schema.js";
import { defineCommand, UsageError } from "./command.js";
import { configOf, reportFaults } from "./configured.js";
import { Failure } from "./failure.js";
import { isKnown } from "./known-key.js";
import { keyOfFile, keyOfSecret, type SigningKey } from "./signing-key.js";
import { claimsOf } from "./token-claims.js";
import { type Flags, options } from "./token-options.js";

const WHERE = "in the configuration (--config FILE)";

export const token = defineCommand({
  name: "token",
  summary: "Make a token (JWT) for a client, and print nothing else.",
  options,
  examples: [
    "causeway token --config causeway.yaml --user ann",
    'mosquitto_pub -u ann -P "$(causeway token --user ann --publish "devices/%u/#")" -t devices/ann/up -m 1',
    "causeway token --user ann --channel device:7 --expires 15m",
    "causeway token --user ann --key private.pem --kid 2027-01",
  ],
  run: (flags) =>
    reportFaults("token", async () => {
      const { tokens } = configOf(flags);
      const { key, algorithm } = signingKey(flags, tokens);
      const claims = claimsOf(flags, tokens);
      check(claims, tokens);
      const header = { alg: algorithm, typ: "JWT", ...(flags.kid === undefined ? {} : { kid: flags.kid }) };
      const jwt = await new SignJWT(claims).setProtectedHeader(header).setIssuedAt().sign(key);
      if (jwt.length > MAX_TOKEN)
        throw new Failure(`it would be longer than the ${MAX_TOKEN} characters a server takes`);
      process.stdout.write(`${jwt}\n`);
      return 0;
    }),
});

function signingKey({ key, algorithm }: Flags, { secret, keys, jwks }: Config["tokens"]): SigningKey {
  if (key !== undefined) {
    const signing = keyOfFile(key, algorithm);
    // An identity provider may have the public key, and is not asked for it here.
    if (keys.length > 0 && !jwks && !isKnown(signing.key, keys))
      process.stderr.write(
        `causeway: token: no file of tokens.keys holds the public key of ${key}: a server with this configuration refuses it\n`,
      );
    return signing;
  }
  if (secret !== undefined) return keyOfSecret(secret, algorithm);
  throw new Failure(
    `there is nothing to sign with: set tokens.secret ${WHERE}, or give --key FILE with the private key`,
  );
}

/** As the server will, so that nobody is handed a token that it refuses. */
function check(payload: JWTPayload, tokens: Config["tokens"]): void {
  const claims = new Claims(payload);
  try {
    if (claims.has("channel")) grantOf(claims, tokens);
    else principalOf(claims, tokens, "channel");
  } catch (error) {
    if (!(error instanceof Denied)) throw error;
    throw new UsageError(`token: ${error.message}`);
  }
}
