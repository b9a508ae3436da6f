import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type JWTPayload, UnsecuredJWT } from "jose";
import { noScopes } from "../../../../src/access/scope.js";
import type { Tokens } from "../../../../src/auth/tokens/tokens.js";
import { loadConfig } from "../../../../src/config/load.js";
import type { ConfigInput } from "../../../../src/config/schema.js";
import { at, connect, forge, now, open, refused, SECRET, sign, soon } from "../support/tokens.js";

/** Of a server with a secret and these keys under `tokens`. */
async function tokensOf(t: TestContext, section: ConfigInput["tokens"] = {}): Promise<Tokens> {
  return (await open(t, { secret: SECRET, ...section })).tokens;
}

for (const alg of ["HS256", "HS384", "HS512"])
  test(`a token that is signed with ${alg} says who the client is`, async (t) => {
    const exp = soon();
    const info = { name: "Ada" };
    const claims = { sub: "7", iss: "backend", exp, info, meta: { plan: 2 }, channels: ["a", "b", "a"] };
    const { credential, ...rest } = await connect(await tokensOf(t), await sign(claims, { alg }));
    assert.deepEqual(rest, {
      user: "7",
      proof: "token",
      clientId: undefined,
      info,
      meta: { plan: 2 },
      expiresAt: exp * 1_000,
      channels: ["a", "b"],
      scopes: noScopes,
      stated: undefined,
      unrestricted: false,
    });
    assert.match(String(credential), /^[\w-]{16} tokens\.secret by "backend"$/);
  });

test("a subscription token grants one channel", async (t) => {
  const exp = soon();
  const token = await sign({ sub: "7", channel: "device:7", exp, info: "i" });
  const { credential, ...grant } = await (await tokensOf(t)).grant(token);
  assert.deepEqual(grant, { user: "7", channel: "device:7", info: "i", expiresAt: exp * 1_000 });
  assert.match(String(credential), /^[\w-]{16} tokens\.secret$/);
});

test("a token without sub, or with an empty one, is of a user without a name", async (t) => {
  for (const claims of [{}, { sub: "" }]) {
    const { user, channels } = await connect(await tokensOf(t), await sign({ ...claims, exp: soon() }));
    assert.deepEqual([user, channels], ["", []]);
  }
});

test("the one kind of token does not pass for the other", async (t) => {
  const tokens = await tokensOf(t);
  const connection = await sign({ sub: "7", exp: soon() });
  const subscription = await sign({ sub: "7", exp: soon(), channel: "a" });
  await refused(tokens.grant(connection), connection, "credentials", /has no "channel"/);
  await refused(connect(tokens, subscription), subscription, "credentials", /is a subscription token/);
  const password = tokens.admit(at("mqtt", { clientId: "c", password: subscription }));
  await refused(password, subscription, "credentials", /is a subscription token/);
});

test("without any key every token is refused, and the log says which keys are missing", async (t) => {
  const { tokens } = await open(t, {});
  const token = await sign({ exp: soon() });
  await refused(connect(tokens, token), token, "credentials", /set tokens\.secret, tokens\.keys or/);
  await refused(tokens.grant(token), token, "credentials", /set tokens\.secret, tokens\.keys or/);
});

test("an expired token is told apart from one that is not good", async (t) => {
  const tokens = await tokensOf(t);
  for (const exp of [now() - 60, 0, -1e300]) {
    const expired = await sign({ exp });
    await refused(connect(tokens, expired), expired, "expired", /expired/);
    await refused(tokens.grant(expired), expired, "expired", /expired/);
  }
  const both = await sign({ exp: now() - 60 }, { secret: `${SECRET}!` });
  await refused(connect(tokens, both), both, "credentials", /not signed with tokens\.secret/);
});

test("clocks may be apart as far as the configuration allows", async (t) => {
  const exp = now() - 60;
  const late = await sign({ exp, nbf: now() + 60 });
  const { expiresAt } = await connect(await tokensOf(t, { clockTolerance: "10m" }), late);
  assert.equal(expiresAt, exp * 1_000 + 600_000, "it ends when it would be refused");
  const strict = await tokensOf(t, { clockTolerance: "1s" });
  await refused(connect(strict, late), late, "credentials", /not valid yet/);
});

test("a token without an end is good where the configuration says so", async (t) => {
  const token = await sign({ sub: "7" });
  await refused(
    connect(await tokensOf(t), token),
    token,
    "credentials",
    /has no "exp".*tokens\.requireExpiry/,
  );
  const { expiresAt } = await connect(await tokensOf(t, { requireExpiry: false }), token);
  assert.equal(expiresAt, undefined);
});

test("audience and issuer are those of the configuration", async (t) => {
  const tokens = await tokensOf(t, { audience: "dashboard", issuer: "backend" });
  const good = { exp: soon(), iss: "backend", aud: ["other", "dashboard"], sub: "7" };
  assert.equal((await connect(tokens, await sign(good))).user, "7");
  const bad: [JWTPayload, RegExp][] = [
    [{ ...good, aud: "other" }, /^"aud" is not tokens\.audience$/],
    [{ ...good, aud: "dashboard2" }, /^"aud" is not tokens\.audience$/],
    [{ ...good, aud: [] }, /^"aud" is not tokens\.audience$/],
    [{ ...good, iss: "other" }, /^"iss" is not tokens\.issuer$/],
    [{ exp: soon(), iss: "backend" }, /^it has no "aud", which tokens\.audience asks for$/],
    [{ exp: soon(), aud: "dashboard" }, /^it has no "iss", which tokens\.issuer asks for$/],
  ];
  for (const [claims, text] of bad) {
    const token = await sign(claims);
    await refused(connect(tokens, token), token, "credentials", text);
    await refused(tokens.grant(token), token, "credentials", text);
  }
});

test("a token that says it is not signed is refused", async (t) => {
  const tokens = await tokensOf(t);
  const none = new UnsecuredJWT({ sub: "7", exp: soon() }).encode();
  const claims = { sub: "7", exp: soon() };
  const forged = [none, forge({ alg: "none" }, claims), forge({ alg: "None" }, claims), forge({}, claims)];
  for (const token of forged)
    await refused(connect(tokens, token), token, "credentials", /algorithm is not|not a signed JWT/);
});

test("a token that brings its own key is not checked with that", async (t) => {
  const own = { alg: "HS256", jwk: { kty: "oct", k: "AA", alg: "HS256" }, kid: "x" };
  const claims = { sub: "7", exp: soon() };
  for (const header of [own, { ...own, jku: "http://127.0.0.1:1/", x5u: "http://127.0.0.1:1/" }]) {
    const token = forge(header, claims, Buffer.from("AA", "base64url"));
    await refused(connect(await tokensOf(t), token), token, "credentials", /not signed with/);
  }
});

test("a token that was changed is refused", async (t) => {
  const tokens = await tokensOf(t);
  const token = await sign({ sub: "7", exp: soon() });
  const [header = "", , signature = ""] = token.split(".");
  const claims = Buffer.from(JSON.stringify({ sub: "8", exp: soon() })).toString("base64url");
  const otherEnd = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  const changed = [
    `${header}.${claims}.${signature}`,
    token.replace(signature, otherEnd),
    token.slice(0, -4),
    `${header}.${claims}.`,
    `${header}..${signature}`,
    await sign({ sub: "7", exp: soon() }, { secret: SECRET.toUpperCase() }),
  ];
  for (const other of changed)
    await refused(connect(tokens, other), other, "credentials", /not signed with|not a signed JWT/);
});

test("what is no token is nothing that is known here, and grants nothing", async (t) => {
  const tokens = await tokensOf(t);
  const garbage = ["", ".", "..", "a.b.c", "null", "{}", "ä.ö.ü", "a.b.c.d.e", "\u0000", "cwk_abc"];
  for (const token of [...garbage, `${"a".repeat(50)}.`, "a".repeat(1e6), ".".repeat(1e5)]) {
    assert.equal(await tokens.admit(at("channel", { token })), undefined, token.slice(0, 20));
    assert.equal(await tokens.admit(at("mqtt", { clientId: "c", password: token })), undefined);
    await refused(tokens.grant(token), token, "credentials", /^it is (not a signed JWT|longer than)/);
  }
  for (const claims of [null, 7, [], "text"]) {
    const token = forge({ alg: "HS256" }, claims);
    await refused(connect(tokens, token), token, "credentials", /^it is not a signed JWT$/);
  }
});

test("what a critical header asks for is not ignored", async (t) => {
  const tokens = await tokensOf(t);
  for (const header of [
    { alg: "HS256", crit: ["x"], x: 1 },
    { alg: "HS256", crit: ["b64"], b64: false },
  ]) {
    const token = forge(header, { exp: soon() });
    await refused(connect(tokens, token), token, "credentials", /not a signed JWT/);
  }
});

test("a token may be 8 KiB long and no longer", async (t) => {
  const tokens = await tokensOf(t);
  const long = await sign({ exp: soon(), filler: "x".repeat(6_000) });
  assert.ok(long.length < 8_192 && long.length > 8_000);
  assert.equal((await connect(tokens, long)).user, "");
  const longer = await sign({ exp: soon(), filler: "x".repeat(6_200) });
  await refused(connect(tokens, longer), longer, "credentials", /longer than 8192 characters/);
});

test("at the doors of MQTT it comes as the password, at the others as the token", async (t) => {
  const tokens = await tokensOf(t);
  const token = await sign({ sub: "ann", exp: soon() });
  const users = async (...attempts: Parameters<Tokens["admit"]>) => (await tokens.admit(...attempts))?.user;
  assert.equal(await users(at("mqtt", { username: "bob", password: token })), "ann");
  for (const door of ["channel", "v3", "rest", "metrics"] as const)
    assert.equal(await users(at(door, { token, key: token })), "ann", door);
  assert.equal(await users(at("login", { username: "ann", password: token })), undefined);
  assert.equal(await users(at("rest", { username: "ann", password: token })), undefined);
  assert.equal(await users(at("mqtt", { username: "bob", password: "a.b.c" })), undefined);
  assert.equal(await users(at("mqtt")), undefined);
});

test("a device may be held to its client identifier, a browser has none", async (t) => {
  const tokens = await tokensOf(t, { clientIdClaim: "device" });
  const token = await sign({ sub: "ann", exp: soon(), device: "d1" });
  const principal = await tokens.admit(at("mqtt", { clientId: "d2", password: token }));
  assert.equal(principal?.clientId, "d1");
  const without = await sign({ sub: "ann", exp: soon() });
  assert.equal((await connect(tokens, without)).clientId, undefined);
  const asDevice = tokens.admit(at("mqtt", { clientId: "d2", password: without }));
  await refused(asDevice, without, "credentials", /no "device", which tokens\.clientIdClaim asks for/);
  for (const device of ["", 7, null, "x".repeat(1_025)]) {
    const odd = await sign({ exp: soon(), device });
    await refused(connect(tokens, odd), odd, "credentials", /"device" is not a client identifier/);
  }
});

test("the user may be in another claim, which then has to be there", async (t) => {
  const tokens = await tokensOf(t, { userClaim: "email" });
  assert.equal((await connect(tokens, await sign({ email: "a@b", sub: "7", exp: soon() }))).user, "a@b");
  const without = await sign({ sub: "7", exp: soon() });
  await refused(connect(tokens, without), without, "credentials", /no "email", which tokens\.userClaim/);
  for (const claim of ["constructor", "__proto__", "toString"]) {
    const odd = await tokensOf(t, { userClaim: claim });
    await refused(connect(odd, without), without, "credentials", /which tokens\.userClaim asks for/);
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
