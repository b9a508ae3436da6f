import type { Config } from "../schema.js";
import { isClearText, type Weakness, weaknesses } from "./weakness.js";

const WEEK = 7 * 86_400_000;
const HOUR = 3_600_000;
/** 256 bits in base64. */
const LONG_SECRET = 43;

/** By what somebody is let in. */
export function credentialWeaknesses({
  tokens,
  api,
  gateway,
  authWebhook,
  signedUrls,
  login,
  tls,
}: Config): Weakness[] {
  const anyToken = tokens.secret !== undefined || tokens.keys.length > 0 || tokens.jwks !== undefined;
  return weaknesses(
    [
      tokens.secret !== undefined && tokens.secret.length < LONG_SECRET,
      "tokens.secret",
      "a token lets everybody try secrets at home; take 256 random bits: openssl rand -base64 32",
    ],
    [
      anyToken && !tokens.requireExpiry,
      "tokens.requireExpiry",
      "a token without an end is good until the key changes",
    ],
    [
      anyToken && tokens.audience === undefined,
      "tokens.audience",
      "without it a token that was made for another service is good here too",
    ],
    [
      anyToken && tokens.issuer === undefined,
      "tokens.issuer",
      "without it a token of anybody who has the key is good, whatever it was made for",
    ],
    [
      anyToken && tokens.clockTolerance > HOUR / 12,
      "tokens.clockTolerance",
      "tokens are good for longer than five minutes after their end; set the clocks instead",
    ],
    [
      tokens.jwks !== undefined && isClearText(tokens.jwks.url),
      "tokens.jwks.url",
      "whoever is on the way of http:// chooses the keys; use https://",
    ],
    [
      api.keys.length > 0,
      "api.keys",
      "keys stand in the configuration as they are; use keys.file, which holds hashes with scopes and ends",
    ],
    [
      gateway.apiKeys.length > 0,
      "gateway.apiKeys",
      "keys stand in the configuration as they are, and in the pages that use them; use tokens or signed URLs",
    ],
    [
      signedUrls !== undefined && signedUrls.secret.length < LONG_SECRET,
      "signedUrls.secret",
      "a URL lets everybody try secrets at home; take 256 random bits: openssl rand -base64 32",
    ],
    [
      signedUrls !== undefined && signedUrls.maxAge > WEEK,
      "signedUrls.maxAge",
      "URLs end up in logs and histories; let them end within a week",
    ],
    [
      authWebhook !== undefined && isClearText(authWebhook.url),
      "authWebhook.url",
      "passwords are sent to it in the clear; use https://",
    ],
    [
      authWebhook !== undefined && authWebhook.secret === undefined,
      "authWebhook.secret",
      "without it your server cannot tell who is asking, and answers anybody who tries passwords",
    ],
    [
      login.lifetime > WEEK,
      "login.lifetime",
      "a browser that is left open stays logged in for longer than a week",
    ],
    [
      tls?.clients.mqtts !== undefined && tls.clients.mqtts.crl === undefined,
      "tls.clients.mqtts.crl",
      "without a revocation list the certificate of a stolen device is good until it ends",
    ],
    [
      tls?.clients.http !== undefined && tls.clients.http.crl === undefined,
      "tls.clients.http.crl",
      "without a revocation list the certificate of a stolen device is good until it ends",
    ],
  );
}
