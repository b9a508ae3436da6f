import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { noAudit } from "../../../src/access/audit.js";
import type { Attempt } from "../../../src/access/gate.js";
import type { Principal } from "../../../src/access/principal.js";
import { type Auth, createAuth } from "../../../src/auth/auth.js";
import { Gatekeeper } from "../../../src/auth/gatekeeper.js";
import { ConfiguredKeys } from "../../../src/auth/keys/configured-keys.js";
import { hashOf, makeKey } from "../../../src/auth/keys/key-text.js";
import { Keys } from "../../../src/auth/keys/keys.js";
import { signedPath } from "../../../src/auth/signed-urls/signed-path.js";
import { isOnLoopbackOnly, letsAnonymousIn } from "../../../src/config/anonymous.js";
import { loadConfig } from "../../../src/config/load.js";
import { readRightsFile } from "../../../src/config/rights-file.js";
import type { ConfigInput } from "../../../src/config/schema.js";
import { WatchedFiles } from "../../../src/files/watched-files.js";
import { at, Lines, now, place, refused, SECRET, sign, soon } from "./support/tokens.js";

/* The methods in their order, behind the one gate. */

const API_KEY = "an-api-key-of-sixteen-or-more";
const GATEWAY_KEY = "a-gateway-key-of-sixteen-or-more";

async function open(t: TestContext, flags: ConfigInput): Promise<Auth & { files: WatchedFiles }> {
  const { config } = loadConfig({ env: {}, flags });
  const { log } = new Lines();
  const files = new WatchedFiles(log, noAudit);
  const options = {
    ...config,
    anonymous: letsAnonymousIn(config),
    loopbackOnly: isOnLoopbackOnly(config),
    readRightsFile,
  };
  const auth = await createAuth(options, files, noAudit, log);
  t.after(() => {
    auth.close();
    files.close();
  });
  return { ...auth, files };
}

const proofOf = async ({ gate }: Auth, attempt: Attempt) => (await gate.admit(attempt)).proof;

test("where nothing says who is to be let in, names, passwords and keys are nothing", async (t) => {
  const auth = await open(t, {});
  assert.equal(await proofOf(auth, at("mqtt", { clientId: "c", username: "a", password: "b" })), "none");
  assert.equal(await proofOf(auth, at("mqtt", { clientId: "c", password: makeKey() })), "none");
  assert.equal(await proofOf(auth, at("v3", { key: "whatever" })), "none");
  const here = { peer: { address: "127.0.0.1", port: 4711, secure: false } };
  assert.equal(await proofOf(auth, at("rest", { key: "whatever", token: "whatever", ...here })), "loopback");
  assert.equal(await proofOf(auth, at("metrics", here)), "loopback");
  // A proxy on this machine has told of somebody else.
  assert.equal(await proofOf(auth, at("rest")), "none");
  const token = await sign({ exp: soon() });
  for (const door of ["channel", "v3"] as const)
    await refused(auth.gate.admit(at(door, { token })), token, "credentials", /nothing that is configured/);
  await refused(auth.gate.grant(token), token, "credentials", /no token can be checked/);
  const signedUrl = { channel: "a", query: new URLSearchParams("user=ann&uuid=1") };
  assert.equal(await proofOf(auth, at("v3", { signedUrl })), "none");
  signedUrl.query.set("signature", "x");
  await refused(auth.gate.admit(at("v3", { signedUrl })), "", "credentials", /nothing that is configured/);
});

test("keys of the configuration are for their doors, and let nobody into others", async (t) => {
  const auth = await open(t, {
    api: { keys: ["another-key-of-sixteen", API_KEY] },
    gateway: { apiKeys: [GATEWAY_KEY] },
  });
  const api = await auth.gate.admit(at("rest", { key: API_KEY, token: API_KEY }));
  assert.deepEqual(
    { ...api, scopes: [...api.scopes] },
    {
      user: "",
      proof: "key",
      credential: "api.keys[1]",
      channels: [],
      scopes: ["publish", "read", "manage", "metrics"],
      unrestricted: true,
    },
  );
  assert.equal(await proofOf(auth, at("metrics", { key: API_KEY })), "key");
  const plain = await auth.gate.admit(at("v3", { key: GATEWAY_KEY }));
  assert.deepEqual([plain.credential, [...plain.scopes]], ["gateway.apiKeys[0]", ["connect"]]);
  assert.ok(auth.gate.stands(api) && auth.gate.stands(plain));
  assert.equal(auth.gate.rightsOf(plain, ""), undefined);
  for (const [attempt, reason] of [
    [at("v3"), /^a key of gateway\.apiKeys is needed/],
    [at("v3", { key: "" }), /^a key of gateway\.apiKeys is needed/],
    [at("v3", { key: API_KEY }), /^a key of gateway\.apiKeys is needed/],
    [at("v3", { key: `${GATEWAY_KEY}x` }), /^a key of gateway\.apiKeys is needed/],
    [at("rest"), /^a key of api\.keys is needed/],
    [at("rest", { key: GATEWAY_KEY }), /^a key of api\.keys is needed/],
    [at("metrics", { key: GATEWAY_KEY }), /nothing that is configured/],
    [at("rest", { username: "a", password: API_KEY }), /^a key of api\.keys is needed/],
  ] as const)
    await refused(auth.gate.admit(attempt), "", "credentials", reason);
  assert.equal(await proofOf(auth, at("mqtt", { clientId: "c", username: "a", password: API_KEY })), "none");
  assert.equal(await proofOf(auth, at("channel")), "none");
});

test("a key of the configuration may look like anything, also like a token or another key", async (t) => {
  const token = await sign({ exp: soon() });
  const looksLikeOne = makeKey();
  const file = place(t).write("keys.yaml", "");
  const keys = { api: { keys: [token.slice(0, 200), looksLikeOne] }, keys: { file } };
  const auth = await open(t, { ...keys, tokens: { secret: SECRET } });
  const principal = await auth.gate.admit(at("rest", { key: looksLikeOne, token: looksLikeOne }));
  assert.equal(principal.credential, "api.keys[1]");
});

test("tokens and keys go before passwords, and what nobody knows is refused", async (t) => {
  const key = makeKey();
  const file = place(t).write(
    "keys.yaml",
    stringify([{ name: "k", hash: hashOf(key), scopes: ["connect"], user: "k1" }]),
  );
  const auth = await open(t, { tokens: { secret: SECRET }, keys: { file }, allowAnonymous: true });
  const token = await sign({ sub: "ann", exp: soon() });
  const userOf = async (attempt: Attempt) => (await auth.gate.admit(attempt)).user;
  assert.equal(await userOf(at("mqtt", { clientId: "c", username: "x", password: token })), "ann");
  assert.equal(await userOf(at("mqtt", { clientId: "c", username: "x", password: key })), "k1");
  assert.equal(await userOf(at("channel", { token: key })), "k1");
  assert.equal(await userOf(at("rest", { token, key: token })), "ann");
  assert.equal(await userOf(at("rest", { token: key, key })), "k1");
  assert.equal(await userOf(at("mqtt", { clientId: "c" })), "");
  for (const attempt of [
    at("mqtt", { clientId: "c", username: "x", password: "y" }),
    at("mqtt", { clientId: "c", username: "x" }),
    at("channel", { token: "forged" }),
    at("rest", { token: "x", key: "x" }),
    at("v3", { key: "x" }),
  ])
    await refused(auth.gate.admit(attempt), "", "credentials", /nothing that is configured knows/);
  assert.equal((await auth.gate.grant(await sign({ channel: "a", exp: soon() }))).channel, "a");
});

test("a credential for one client identifier is for no other", async (t) => {
  const auth = await open(t, { tokens: { secret: SECRET, clientIdClaim: "device" } });
  const token = await sign({ sub: "ann", device: "d1", exp: soon() });
  assert.equal(await proofOf(auth, at("mqtt", { clientId: "d1", password: token })), "token");
  await refused(
    auth.gate.admit(at("mqtt", { clientId: "d2", password: token })),
    token,
    "forbidden",
    /for client "d1"/,
  );
});

test("a signed URL is held to its channel where there are no rules at all", async (t) => {
  const auth = await open(t, { signedUrls: { secret: SECRET }, gateway: { apiKeys: [GATEWAY_KEY] } });
  const terms = { channel: "a", user: "ann", expires: `${now() + 60}`, once: "", publish: "" };
  const { searchParams: query } = new URL(signedPath(SECRET, terms), "ws://x");
  const principal = await auth.gate.admit(at("v3", { signedUrl: { channel: "a", query } }));
  const rights = auth.gate.rightsOf(principal, "");
  assert.deepEqual(
    [rights?.channel("a", "subscribe"), rights?.channel("a", "publish"), rights?.channel("b", "subscribe")],
    [true, false, false],
  );
  assert.deepEqual(
    auth.metrics.map(({ name }) => name).filter((name) => name.includes("signed_url")),
    ["auth_signed_urls_total", "auth_signed_urls_used"],
  );
});

test("a key has its own scopes, and not those of its user", async (t) => {
  const key = makeKey();
  const files = new WatchedFiles(new Lines().log, noAudit);
  t.after(() => files.close());
  const entry = { name: "k", hash: hashOf(key), scopes: ["read"], user: "ann" };
  const keys = await Keys.open(place(t).write("keys.yaml", stringify([entry])), files, () => {});
  const gate = new Gatekeeper({
    methods: [keys, ConfiguredKeys.ofApi([API_KEY])],
    anonymous: false,
    loopbackOnly: true,
    rights: { rightsOf: () => undefined, scopesOf: () => new Set(["admin"] as const) },
    backoff: { refuses: () => false, failed() {}, succeeded() {} },
    grant: () => Promise.reject(new Error("none")),
    audit: noAudit,
  });
  const scopesOf = ({ scopes }: Principal) => [...scopes];
  assert.deepEqual(scopesOf(await gate.admit(at("rest", { key }))), ["read"]);
});

test("when a key is removed the gate says that it has changed", async (t) => {
  const key = makeKey();
  const directory = place(t);
  const entry = { name: "k", hash: hashOf(key), scopes: ["connect"] };
  const file = directory.write("keys.yaml", stringify([entry]));
  const auth = await open(t, { keys: { file } });
  const principal = await auth.gate.admit(at("mqtt", { clientId: "c", password: key }));
  let changes = 0;
  auth.gate.onChange(() => changes++);
  assert.ok(auth.gate.stands(principal));
  directory.write("keys.yaml", "[]");
  await auth.files.reload();
  assert.deepEqual([auth.gate.stands(principal), changes], [false, 1]);
});
