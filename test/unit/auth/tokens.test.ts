import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { JwtTokens, type TokenOptions } from "../../../src/auth/tokens.js";
import { loadConfig } from "../../../src/config/load.js";
import type { ConfigInput } from "../../../src/config/schema.js";
import { InvalidToken, TokenExpired } from "../../../src/gateway/tokens.js";

const SECRET = "a secret that is long enough: 32+";
const HOUR = 3_600;
const now = () => Math.floor(Date.now() / 1_000);
const soon = () => now() + HOUR;

/** Of a server with these keys under `tokens`. */
function tokensOf(keys: ConfigInput["tokens"] = {}): JwtTokens {
  const options: TokenOptions = loadConfig({ env: {}, flags: { tokens: { secret: SECRET, ...keys } } }).config
    .tokens;
  return new JwtTokens(options);
}

function sign(claims: JWTPayload, { alg = "HS256", secret = SECRET, header = {} } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(new TextEncoder().encode(secret));
}

/** As sign, with nothing checked on the way. */
function forge(header: object, claims: unknown, secret = SECRET): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

async function refused(
  verdict: Promise<unknown>,
  token: string,
  kind: typeof InvalidToken | typeof TokenExpired,
  text: RegExp,
): Promise<void> {
  await assert.rejects(verdict, (error) => {
    assert.ok(error instanceof kind, String(error));
    assert.match(error.message, text);
    for (const part of token.split(".")) if (part.length > 8) assert.ok(!error.stack?.includes(part));
    assert.equal(error.cause, undefined, "what would be logged with it may hold claims");
    return true;
  });
}

for (const alg of ["HS256", "HS384", "HS512"])
  test(`a token that is signed with ${alg} says who the client is`, async () => {
    const exp = soon();
    const info = { name: "Ada" };
    const token = await sign({ sub: "7", exp, info, meta: { plan: 2 }, channels: ["a", "b", "a"] }, { alg });
    assert.deepEqual(await tokensOf().verifyConnection(token), {
      user: "7",
      info,
      meta: { plan: 2 },
      expiresAt: exp * 1_000,
      channels: ["a", "b"],
    });
  });

test("a subscription token grants one channel", async () => {
  const exp = soon();
  const token = await sign({ sub: "7", channel: "device:7", exp, info: "i" });
  assert.deepEqual(await tokensOf().verifySubscription(token), {
    user: "7",
    channel: "device:7",
    info: "i",
    expiresAt: exp * 1_000,
  });
});

test("a token without sub, or with an empty one, is of a user without a name", async () => {
  for (const claims of [{}, { sub: "" }]) {
    const { user, channels } = await tokensOf().verifyConnection(await sign({ ...claims, exp: soon() }));
    assert.deepEqual([user, channels], ["", []]);
  }
});

test("the one kind of token does not pass for the other", async () => {
  const connection = await sign({ sub: "7", exp: soon() });
  const subscription = await sign({ sub: "7", exp: soon(), channel: "a" });
  await refused(tokensOf().verifySubscription(connection), connection, InvalidToken, /has no "channel"/);
  await refused(
    tokensOf().verifyConnection(subscription),
    subscription,
    InvalidToken,
    /is a subscription token/,
  );
});

test("without a secret every token is refused, and the log says which key is missing", async () => {
  const tokens = new JwtTokens({ clockTolerance: 0, requireExpiry: true });
  const token = await sign({ exp: soon() });
  await refused(tokens.verifyConnection(token), token, InvalidToken, /^tokens\.secret is not set/);
  await refused(tokens.verifySubscription(token), token, InvalidToken, /^tokens\.secret is not set/);
});

test("an expired token is told apart from one that is not good", async () => {
  const expired = await sign({ exp: now() - 60 });
  await refused(tokensOf().verifyConnection(expired), expired, TokenExpired, /expired/);
  const both = await sign({ exp: now() - 60 }, { secret: `${SECRET}!` });
  await refused(tokensOf().verifyConnection(both), both, InvalidToken, /not signed with tokens\.secret/);
});

test("clocks may be apart as far as the configuration allows", async () => {
  const exp = now() - 60;
  const late = await sign({ exp, nbf: now() + 60 });
  const { expiresAt } = await tokensOf({ clockTolerance: "10m" }).verifyConnection(late);
  assert.equal(expiresAt, exp * 1_000 + 600_000, "it ends when it would be refused");
  await refused(
    tokensOf({ clockTolerance: "1s" }).verifyConnection(late),
    late,
    InvalidToken,
    /not valid yet/,
  );
});

test("a token without an end is good where the configuration says so", async () => {
  const token = await sign({ sub: "7" });
  await refused(
    tokensOf().verifyConnection(token),
    token,
    InvalidToken,
    /has no "exp".*tokens\.requireExpiry/,
  );
  const { expiresAt } = await tokensOf({ requireExpiry: false }).verifyConnection(token);
  assert.equal(expiresAt, undefined);
});

test("audience and issuer are those of the configuration", async () => {
  const tokens = tokensOf({ audience: "dashboard", issuer: "backend" });
  const good = { exp: soon(), iss: "backend", aud: ["other", "dashboard"], sub: "7" };
  assert.equal((await tokens.verifyConnection(await sign(good))).user, "7");
  const bad: [JWTPayload, RegExp][] = [
    [{ ...good, aud: "other" }, /^"aud" is not tokens\.audience$/],
    [{ ...good, iss: "other" }, /^"iss" is not tokens\.issuer$/],
    [{ exp: soon(), iss: "backend" }, /^it has no "aud", which tokens\.audience asks for$/],
    [{ exp: soon(), aud: "dashboard" }, /^it has no "iss", which tokens\.issuer asks for$/],
  ];
  for (const [claims, text] of bad) {
    const token = await sign(claims);
    await refused(tokens.verifyConnection(token), token, InvalidToken, text);
  }
});

test("a token that says it is not signed is refused", async () => {
  const none = new UnsecuredJWT({ sub: "7", exp: soon() }).encode();
  const claims = { sub: "7", exp: soon() };
  const tokens = [none, forge({ alg: "none" }, claims), forge({ alg: "None" }, claims), forge({}, claims)];
  for (const token of tokens)
    await refused(
      tokensOf().verifyConnection(token),
      token,
      InvalidToken,
      /algorithm is not|not a signed JWT/,
    );
});

test("a token that is made with a key pair is refused, whatever it claims to be", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const claims = { sub: "7", exp: soon() };
  const rs256 = await new SignJWT(claims).setProtectedHeader({ alg: "RS256" }).sign(privateKey);
  await refused(
    tokensOf().verifyConnection(rs256),
    rs256,
    InvalidToken,
    /algorithm is not HS256, HS384 or HS512/,
  );
  const byPublicKey = forge({ alg: "HS256" }, claims, pem);
  await refused(tokensOf().verifyConnection(byPublicKey), byPublicKey, InvalidToken, /not signed with/);
  const bySecret = forge({ alg: "RS256" }, claims);
  await refused(tokensOf().verifyConnection(bySecret), bySecret, InvalidToken, /algorithm is not/);
  const itsOwnKey = forge({ alg: "HS256", jwk: { kty: "oct", k: "AA" }, kid: "x" }, claims, "AA");
  await refused(tokensOf().verifyConnection(itsOwnKey), itsOwnKey, InvalidToken, /not signed with/);
});

test("a token that was changed is refused", async () => {
  const token = await sign({ sub: "7", exp: soon() });
  const [header = "", , signature = ""] = token.split(".");
  const claims = Buffer.from(JSON.stringify({ sub: "8", exp: soon() })).toString("base64url");
  const otherEnd = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  const changed = [
    `${header}.${claims}.${signature}`,
    token.replace(signature, otherEnd),
    token.slice(0, -4),
    `${header}.${claims}.`,
    await sign({ sub: "7", exp: soon() }, { secret: SECRET.toUpperCase() }),
  ];
  for (const other of changed)
    await refused(
      tokensOf().verifyConnection(other),
      other,
      InvalidToken,
      /not signed with|not a signed JWT/,
    );
});

test("what is no token is refused", async () => {
  const garbage = [
    "",
    ".",
    "..",
    "a.b.c",
    "null",
    "{}",
    "ä.ö.ü",
    "a.b.c.d.e",
    `${"a".repeat(50)}.`,
    "\u0000",
  ];
  for (const token of garbage)
    await refused(tokensOf().verifyConnection(token), token, InvalidToken, /^it is not a signed JWT$/);
  for (const claims of [null, 7, [], "text"]) {
    const token = forge({ alg: "HS256" }, claims);
    await refused(tokensOf().verifyConnection(token), token, InvalidToken, /^it is not a signed JWT$/);
  }
});

test("what a critical header asks for is not ignored", async () => {
  const token = forge({ alg: "HS256", crit: ["x"], x: 1 }, { exp: soon() });
  await refused(tokensOf().verifyConnection(token), token, InvalidToken, /not a signed JWT/);
});

test("a token may be 8 KiB long and no longer", async () => {
  const long = await sign({ exp: soon(), filler: "x".repeat(6_000) });
  assert.ok(long.length < 8_192 && long.length > 8_000);
  assert.equal((await tokensOf().verifyConnection(long)).user, "");
  const longer = await sign({ exp: soon(), filler: "x".repeat(6_200) });
  await refused(tokensOf().verifyConnection(longer), longer, InvalidToken, /longer than 8192 characters/);
});

const oddities: [string, Record<string, unknown>, RegExp][] = [
  ["a user that is a number", { sub: 7 }, /"sub" is not a text; write numbers in quotes/],
  ["a long user", { sub: "x".repeat(256) }, /"sub" is longer than 255 characters/],
  [
    "an end in milliseconds",
    { exp: Date.now() + 60_000 },
    /"exp" is in seconds since 1970, not in milliseconds/,
  ],
  ["an end that is a text", { exp: `${soon()}` }, /"exp" is not a number of seconds/],
  ["a beginning that is a text", { nbf: "now" }, /"nbf" is not a number of seconds/],
  ["a beginning that is to come", { nbf: soon() }, /not valid yet/],
  ["channels that are a text", { channels: "a" }, /"channels" is not a list/],
  ["channels without a name", { channels: ["a", ""] }, /"channels" is not a list/],
  ["a channel that is too long", { channels: ["x".repeat(256)] }, /"channels" is not a list/],
  ["too many channels", { channels: Array.from({ length: 129 }, (_, i) => `c${i}`) }, /more than 128/],
  ["large info", { info: "é".repeat(2_048) }, /"info" is larger than 4096 bytes/],
  ["large meta", { meta: "x".repeat(4_096) }, /"meta" is larger than 4096 bytes/],
];
for (const [what, claims, text] of oddities)
  test(`refused, with a reason: ${what}`, async () => {
    const token = forge({ alg: "HS256" }, { exp: soon(), ...claims });
    await refused(tokensOf().verifyConnection(token), token, InvalidToken, text);
  });

test("a grant names a channel that can be", async () => {
  for (const channel of ["", 7, null, "x".repeat(256)]) {
    const token = await sign({ exp: soon(), channel });
    await refused(
      tokensOf().verifySubscription(token),
      token,
      InvalidToken,
      /"channel" is not the name of a channel/,
    );
  }
});

test("a secret is long, and never shown", () => {
  const short = "short but secret";
  assert.throws(
    () => loadConfig({ env: { CAUSEWAY_TOKENS_SECRET: short }, flags: {} }),
    (error: Error) => {
      assert.equal(
        error.message,
        "CAUSEWAY_TOKENS_SECRET tokens.secret: the value (not shown) is not a text of 32 to 1024 characters",
      );
      return true;
    },
  );
});
