import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadConfig } from "../../../../src/config/load.js";
import { ecPair, edPair, jwkOf, pemOf, rsaPair, signWith } from "../support/key-pairs.js";
import { connect, forge, open, refused, SECRET, soon } from "../support/tokens.js";

const claims = () => ({ sub: "7", iss: "idp", exp: soon() });
const first = ecPair();
const second = ecPair();
const keysOf = (...keys: object[]) => JSON.stringify({ keys });
const firstJwk = jwkOf(first.publicKey, { kid: "1", use: "sig" });
const secondJwk = jwkOf(second.publicKey, { kid: "2" });
const byFirst = () => signWith(first, claims(), { alg: "ES256", kid: "1" });
const bySecond = () => signWith(second, claims(), { alg: "ES256", kid: "2" });

/** An identity provider whose answer can be changed. */
class Provider {
  answer: (response: ServerResponse) => void;
  asked = 0;
  readonly server = createServer((_request, response) => {
    this.asked++;
    this.answer(response);
    this.#tell();
  });
  #tell: () => void = () => {};

  constructor(content: string) {
    this.answer = (response) => response.end(content);
  }

  static async start(t: TestContext, content: string): Promise<Provider> {
    const provider = new Provider(content);
    provider.server.listen(0, "127.0.0.1");
    await once(provider.server, "listening");
    t.after(() => provider.stop());
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/keys?secret=hush`;
  }

  shows(content: string): void {
    this.answer = (response) => response.end(content);
  }

  /** Resolves when it has been asked so often. */
  async wasAsked(times: number): Promise<void> {
    while (this.asked < times)
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const times = (more: object = {}) => ({ refresh: "1h", cooldown: "1ms", timeout: "5s", ...more });

async function serve(t: TestContext, content: string, more: object = {}) {
  const provider = await Provider.start(t, content);
  const opened = await open(t, { jwks: { url: provider.url, ...times(more) } });
  return { provider, ...opened };
}

test("tokens are checked with the keys at a URL, which are fetched once", async (t) => {
  const { provider, tokens, lines } = await serve(t, keysOf(firstJwk, secondJwk));
  const { user, credential } = await connect(tokens, await byFirst());
  assert.equal(user, "7");
  assert.match(String(credential), /^[\w-]{16} tokens\.jwks "1" by "idp"$/);
  await connect(tokens, await bySecond());
  await connect(tokens, await signWith(first, claims(), { alg: "ES256" }));
  assert.deepEqual([provider.asked, tokens.remote?.counters], [1, { fetched: 1, failed: 0 }]);
  assert.equal(tokens.remote?.state.keys, 2);
  assert.deepEqual(lines.messages(), ["keys of tokens.jwks fetched"]);
  const forged = await signWith(second, claims(), { alg: "ES256", kid: "1" });
  await refused(connect(tokens, forged), forged, "credentials", /^it is not signed with tokens\.jwks$/);
});

test("a key that is new is fetched when a token names it, at most once a cooldown", async (t) => {
  const { provider, tokens, changes } = await serve(t, keysOf(firstJwk), { cooldown: "1h" });
  const admitted = await connect(tokens, await byFirst());
  provider.shows(keysOf(firstJwk, secondJwk));
  for (let i = 0; i < 20; i++) {
    const unknown = await signWith(second, claims(), { alg: "ES256", kid: `made up ${i}` });
    await refused(connect(tokens, unknown), unknown, "credentials", /no key of the name/);
  }
  assert.equal(provider.asked, 1, "the cooldown is not over");
  const quick = await open(t, { jwks: { url: provider.url, ...times() } });
  provider.shows(keysOf(firstJwk));
  await connect(quick.tokens, await byFirst());
  provider.shows(keysOf(secondJwk));
  assert.equal((await connect(quick.tokens, await bySecond())).user, "7");
  assert.deepEqual([quick.tokens.stands(admitted), quick.changes()], [false, 1]);
  const old = await byFirst();
  await refused(connect(quick.tokens, old), old, "credentials", /no key of the name/);
  assert.deepEqual([tokens.stands(admitted), changes()], [true, 0]);
});

test("a key that was replaced under the same name, or has none, is fetched when a token is signed with it", async (t) => {
  for (const kid of [undefined, "1"]) {
    const named = kid === undefined ? {} : { kid };
    const setOf = (pair: typeof first) => keysOf(jwkOf(pair.publicKey, named));
    const signed = (pair: typeof first) => signWith(pair, claims(), { alg: "ES256", ...named });
    const { provider, tokens } = await serve(t, setOf(first));
    const admitted = await connect(tokens, await signed(first));
    provider.shows(setOf(second));
    assert.equal((await connect(tokens, await signed(second))).user, "7");
    assert.equal(tokens.stands(admitted), false);
    const seldom = await serve(t, setOf(first), { cooldown: "1h" });
    await connect(seldom.tokens, await signed(first));
    for (let i = 0; i < 20; i++) {
      const forged = await signed(second);
      await refused(connect(seldom.tokens, forged), forged, "credentials", /not signed with tokens\.jwks/);
    }
    assert.equal(seldom.provider.asked, 1, "the cooldown is not over");
  }
});

test("many that wait for a new key wait for one fetch", async (t) => {
  const { provider, tokens } = await serve(t, keysOf(firstJwk));
  await connect(tokens, await byFirst());
  const held: ServerResponse[] = [];
  provider.answer = (response) => void held.push(response);
  const tokensOfSecond = await Promise.all(Array.from({ length: 50 }, bySecond));
  const verdicts = tokensOfSecond.map((token) => connect(tokens, token));
  await provider.wasAsked(2);
  held[0]?.end(keysOf(firstJwk, secondJwk));
  for (const { user } of await Promise.all(verdicts)) assert.equal(user, "7");
  assert.equal(provider.asked, 2);
});

test("keys are fetched again in the background, so that a rotation is seen without a token", async (t) => {
  const { provider, tokens } = await serve(t, keysOf(firstJwk), { refresh: "5ms" });
  await connect(tokens, await byFirst());
  const admitted = await connect(tokens, await byFirst());
  provider.shows(keysOf(secondJwk));
  await provider.wasAsked(provider.asked + 2);
  assert.equal(tokens.stands(admitted), false);
});

test("while the URL is down the last keys are used, for a time, and then nobody is let in", async (t) => {
  const { provider, tokens, lines } = await serve(t, keysOf(firstJwk), { refresh: "10ms", stale: "1h" });
  const admitted = await connect(tokens, await byFirst());
  provider.stop();
  await failed(tokens, 2);
  assert.equal((await connect(tokens, await byFirst())).user, "7");
  const unknown = await bySecond();
  await refused(connect(tokens, unknown), unknown, "unavailable", /tokens\.jwks is down: [A-Z_]+$/);
  const warnings = lines.all.filter(({ level }) => level === 40).map(({ reason }) => reason);
  assert.deepEqual(warnings, [...new Set(warnings)], "a failure that goes on is said once");
  assert.ok(!JSON.stringify(lines.all).includes("hush"));

  const brief = await serve(t, keysOf(firstJwk), { refresh: "10ms", stale: "10ms" });
  await connect(brief.tokens, await byFirst());
  brief.provider.stop();
  await failed(brief.tokens, 1);
  while ((brief.tokens.remote?.state.keys ?? 0) > 0) await wait(1);
  const late = await byFirst();
  await refused(connect(brief.tokens, late), late, "unavailable", /keys of tokens\.jwks are not there/);
  assert.ok(brief.tokens.stands(admitted), "whoever is in stays");
});

async function failed({ remote }: Awaited<ReturnType<typeof open>>["tokens"], times: number): Promise<void> {
  while ((remote?.counters.failed ?? times) < times) await wait(1);
}

test("a URL that comes back is used again", async (t) => {
  const { provider, tokens, lines } = await serve(t, "");
  provider.answer = (response) => response.writeHead(503).end("later");
  await failed(tokens, 1);
  const token = await byFirst();
  await refused(connect(tokens, token), token, "unavailable", /it answers with status 503/);
  provider.shows(keysOf(firstJwk));
  while (tokens.remote?.counters.fetched === 0) await wait(1);
  assert.equal((await connect(tokens, token)).user, "7");
  assert.equal(lines.messages().at(-1), "keys of tokens.jwks fetched");
});

const answers: [string, (response: ServerResponse) => void, RegExp, object?][] = [
  ["is slow", () => {}, /it has not answered within 50 ms/, { timeout: "50ms" }],
  [
    "stops in the middle",
    (response) => void response.write('{"keys":['),
    /within 50 ms/,
    { timeout: "50ms" },
  ],
  [
    "breaks off",
    (response) => response.writeHead(200, { "content-length": 99 }).write("{", () => void response.destroy()),
    /./,
  ],
  ["is garbage", (response) => response.end("<html>"), /its answer is not JSON/],
  ["is no set", (response) => response.end('{"keys":{"1":2}}'), /holds no set of keys/],
  ["is null", (response) => response.end("null"), /holds no set of keys/],
  [
    "has too many keys",
    (response) => response.end(keysOf(...Array(101).fill(firstJwk))),
    /more than 100 keys/,
  ],
  [
    "is a redirect",
    (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    /fetched|redirect/,
  ],
  ["is an error", (response) => response.writeHead(500).end(keysOf(firstJwk)), /status 500/],
];
for (const [what, answer, reason, more] of answers)
  test(`an answer that ${what} lets nobody in, and takes no key away`, async (t) => {
    const { provider, tokens, lines } = await serve(t, keysOf(firstJwk), { refresh: "1ms", ...more });
    const token = await byFirst();
    await connect(tokens, token);
    provider.answer = answer;
    await failed(tokens, 1);
    assert.equal((await connect(tokens, token)).user, "7");
    const line = lines.all.findLast(({ level }) => level === 40);
    assert.match(String(line?.reason), reason);
    const fresh = await open(t, { jwks: { url: provider.url, ...times(more) } });
    await refused(connect(fresh.tokens, token), token, "unavailable", reason);
  });

test("an answer that does not come is given up after its time, whatever garbage is collected meanwhile", {
  timeout: 60_000,
}, async (t) => {
  const provider = await Provider.start(t, "");
  provider.answer = () => {};
  const { tokens } = await open(t, { jwks: { url: provider.url, ...times({ timeout: "300ms" }) } });
  await provider.wasAsked(1);
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  await failed(tokens, 1);
  provider.shows(keysOf(firstJwk));
  while (tokens.remote?.counters.fetched === 0) await wait(1);
  assert.equal((await connect(tokens, await byFirst())).user, "7");
});

test("an answer without an end is not read to its end", async (t) => {
  const { provider, tokens } = await serve(t, "");
  let sent = 0;
  const closed = new Promise<void>((resolve) => {
    provider.answer = (response) => {
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536))) sent++;
      };
      response.on("drain", more).on("close", () => resolve());
      more();
    };
  });
  await failed(tokens, 1);
  const token = await byFirst();
  await refused(
    connect(tokens, token),
    token,
    "unavailable",
    /larger than 524288 bytes|not JSON|being fetched/,
  );
  await closed;
  assert.ok(sent < 1_000, `${sent} pieces of 64 KiB`);
});

test("keys that cannot be used are left out, and secret ones never used", async (t) => {
  const oct = { kty: "oct", k: Buffer.from(SECRET).toString("base64url"), alg: "HS256", kid: "s" };
  const set = keysOf(
    oct,
    jwkOf(rsaPair(1024).publicKey, { kid: "short" }),
    jwkOf(second.privateKey, { kid: "2" }),
    jwkOf(edPair().publicKey, { use: "enc" }),
    { kty: "AKP", alg: "ML-DSA-44", pub: "AAAA" },
    firstJwk,
  );
  const { tokens, lines } = await serve(t, set);
  assert.equal((await connect(tokens, await byFirst())).user, "7");
  assert.equal(lines.all[0]?.keys, 1);
  assert.equal(Object(lines.all[0]?.leftOut).length, 4);
  for (const token of [forge({ alg: "HS256", kid: "s" }, claims()), forge({ alg: "HS256" }, claims())])
    await refused(connect(tokens, token), token, "credentials", /algorithm is not one of its keys/);
  const byShown = await bySecond();
  await refused(connect(tokens, byShown), byShown, "credentials", /no key of the name/);
  assert.ok(!JSON.stringify(lines.all).includes(String(Object.entries(oct)[1]?.[1])));
});

test("a set may leave the algorithm of an RSA key open; it is never a secret", async (t) => {
  const rsa = rsaPair();
  const { tokens } = await serve(t, keysOf(jwkOf(rsa.publicKey, { kid: "r" })));
  for (const alg of ["RS256", "RS512", "PS256"])
    assert.equal((await connect(tokens, await signWith(rsa, claims(), { alg, kid: "r" }))).user, "7");
  const forged = forge({ alg: "HS256", kid: "r" }, claims(), pemOf(rsa.publicKey));
  await refused(connect(tokens, forged), forged, "credentials", /algorithm is not/);
});

test("a set without keys takes all of them away, and says so", async (t) => {
  const { provider, tokens, lines, changes } = await serve(t, keysOf(firstJwk));
  const admitted = await connect(tokens, await byFirst());
  provider.shows(keysOf());
  const token = await bySecond();
  await refused(connect(tokens, token), token, "credentials", /no key of the name/);
  assert.deepEqual([tokens.stands(admitted), changes()], [false, 1]);
  assert.match(String(lines.messages().at(-1)), /holds no key that can be used/);
});

test("the secret works while the URL is down, and a start does not wait for it", async (t) => {
  const provider = await Provider.start(t, "");
  provider.answer = () => {};
  const { tokens } = await open(t, { secret: SECRET, jwks: { url: provider.url, ...times() } });
  assert.equal((await connect(tokens, forge({ alg: "HS256" }, claims()))).user, "7");
  await provider.wasAsked(1);
  tokens.close();
});

test("a URL with a password is refused, and not shown", () => {
  const url = "https://someone:hush@idp.example.org/keys";
  assert.throws(
    () => loadConfig({ env: {}, flags: { tokens: { jwks: { url } } } }),
    (error: Error) => /without a name or password/.test(error.message) && !error.message.includes("hush"),
  );
});
