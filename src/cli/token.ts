import { type JWTPayload, SignJWT } from "jose";
import { Denied } from "../access/denied.js";
import { scopes } from "../access/scope.js";
import { Claims } from "../auth/tokens/claims.js";
import { MAX_TOKEN } from "../auth/tokens/header.js";
import { grantOf, principalOf } from "../auth/tokens/statement.js";
import type { Config } from "../config/schema.js";
import { defineCommand, UsageError, type Values } from "./command.js";
import { configOf, configOption, reportFaults } from "./configured.js";
import { endAfter } from "./end.js";
import { Failure } from "./failure.js";
import { keyOfFile, keyOfSecret, type SigningKey } from "./signing-key.js";

const options = {
  user: {
    type: "string",
    short: "u",
    value: "NAME",
    description: "The user; without one, nobody in particular.",
  },
  expires: {
    type: "string",
    value: "TIME",
    description: "How long it is good, as 15m, 1h or 30d; or never. Default: 1h",
  },
  channel: {
    type: "string",
    value: "NAME",
    description: "Make a subscription token for this channel, instead of one for a connection.",
  },
  info: { type: "string", value: "JSON", description: "What other clients are shown of the user." },
  "client-id": {
    type: "string",
    value: "ID",
    description: "The MQTT client identifier to be used with it; needs tokens.clientIdClaim.",
  },
  publish: {
    type: "string",
    multiple: true,
    value: "FILTER",
    description: "Topics that it gives the right to publish to; may be repeated.",
  },
  subscribe: {
    type: "string",
    multiple: true,
    value: "FILTER",
    description: "Topics that it gives the right to subscribe to; may be repeated.",
  },
  scope: {
    type: "string",
    multiple: true,
    value: "SCOPE",
    description: `What it may do in REST: ${scopes.join(", ")}; may be repeated.`,
  },
  audience: { type: "string", value: "TEXT", description: "The claim aud. Default: tokens.audience" },
  issuer: { type: "string", value: "TEXT", description: "The claim iss. Default: tokens.issuer" },
  key: {
    type: "string",
    value: "FILE",
    description: "Private key to sign with, PEM or JWK, instead of tokens.secret.",
  },
  kid: { type: "string", value: "TEXT", description: "Name of the key, for a server that has several." },
  algorithm: { type: "string", value: "ALG", description: "As RS512, where the key allows several." },
  ...configOption,
} as const;

type Flags = Values<typeof options>;

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

function signingKey({ key, algorithm }: Flags, { secret }: Config["tokens"]): SigningKey {
  if (key !== undefined) return keyOfFile(key, algorithm);
  if (secret !== undefined) return keyOfSecret(secret, algorithm);
  throw new Failure(
    "there is nothing to sign with: set tokens.secret in the configuration, or give --key FILE",
  );
}

function claimsOf(flags: Flags, tokens: Config["tokens"]): JWTPayload {
  const { user, audience = tokens.audience, issuer = tokens.issuer } = flags;
  return {
    ...(user === undefined ? {} : { [tokens.userClaim]: user }),
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
    ...endOf(flags, tokens),
    ...(flags.info === undefined ? {} : { info: parseInfo(flags.info) }),
    ...(flags.channel === undefined ? connectionClaims(flags, tokens) : subscriptionClaims(flags)),
  };
}

function endOf({ expires = "1h" }: Flags, { requireExpiry }: Config["tokens"]): JWTPayload {
  if (expires !== "never") return { exp: endAfter("token: --expires", expires) };
  if (requireExpiry)
    process.stderr.write(
      "causeway: token: it has no end; a server takes it with tokens.requireExpiry: false only\n",
    );
  return {};
}

function connectionClaims(
  { publish, subscribe, scope, "client-id": clientId }: Flags,
  { clientIdClaim }: Config["tokens"],
): JWTPayload {
  if (clientId !== undefined && clientIdClaim === undefined)
    throw new UsageError(
      "token: --client-id needs tokens.clientIdClaim in the configuration, the claim to put it in",
    );
  const unknown = scope?.find((one) => !scopes.some((known) => known === one));
  if (unknown !== undefined)
    throw new UsageError(
      `token: --scope must be one of ${scopes.join(", ")}, not ${JSON.stringify(unknown)}`,
    );
  const rights = { ...(publish ? { publish } : {}), ...(subscribe ? { subscribe } : {}) };
  return {
    ...(clientId !== undefined && clientIdClaim !== undefined ? { [clientIdClaim]: clientId } : {}),
    ...(Object.keys(rights).length > 0 ? { rights } : {}),
    ...(scope ? { scopes: scope } : {}),
  };
}

function subscriptionClaims(flags: Flags): JWTPayload {
  const stray = (["client-id", "publish", "subscribe", "scope"] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (stray)
    throw new UsageError(`token: --${stray} is of no use in a subscription token: leave out --channel`);
  return { channel: flags.channel };
}

function parseInfo(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('token: --info must be JSON, as \'{"name": "Ann"}\'');
  }
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
