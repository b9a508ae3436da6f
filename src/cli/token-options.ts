import { scopes } from "../access/scope.js";
import type { Values } from "./command.js";
import { configOption } from "./configured.js";

/** Flags of `causeway token`. */
export const options = {
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

export type Flags = Values<typeof options>;
