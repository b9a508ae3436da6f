import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, forge, forgeText, open, refused, SECRET, sign, soon } from "../support/tokens.js";

const channelsOf = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);
const rightsOf = (count: number) => Object.fromEntries(channelsOf(count).map((name) => [name, ["publish"]]));

const oddities: [string, Record<string, unknown>, RegExp][] = [
  ["a user that is a number", { sub: 7 }, /"sub" is not a text; write numbers in quotes/],
  ["a user that is an object", { sub: { toString: "x" } }, /"sub" is not a text/],
  ["a long user", { sub: "x".repeat(256) }, /"sub" is longer than 255 characters/],
  [
    "an end in milliseconds",
    { exp: Date.now() + 60_000 },
    /"exp" is in seconds since 1970, not in milliseconds/,
  ],
  ["an end that is a text", { exp: `${soon()}` }, /"exp" is not a number of seconds/],
  ["an end that is a list", { exp: [soon()] }, /"exp" is not a number of seconds/],
  ["a beginning that is a text", { nbf: "now" }, /"nbf" is not a number of seconds/],
  ["a beginning that is to come", { nbf: soon() }, /not valid yet/],
  ["channels that are a text", { channels: "a" }, /"channels" is not a list/],
  ["channels without a name", { channels: ["a", ""] }, /"channels" is not a list/],
  ["a channel that is too long", { channels: ["x".repeat(256)] }, /"channels" is not a list/],
  ["too many channels", { channels: channelsOf(129) }, /more than 128/],
  ["large info", { info: "é".repeat(2_048) }, /"info" is larger than 4096 bytes/],
  ["large meta", { meta: "x".repeat(4_096) }, /"meta" is larger than 4096 bytes/],
  ["scopes that are a text", { scopes: "admin" }, /"scopes" is not a list/],
  ["too many scopes", { scopes: channelsOf(101) }, /"scopes" is not a list of at most 100/],
  ["a scope that is a list", { scope: ["admin"] }, /"scope" is not a text/],
  ["rights that are a list", { rights: [] }, /"rights" is not a JSON object/],
  ["rights that are nothing", { rights: null }, /"rights" is not a JSON object/],
  ["misspelt rights", { rights: { publsh: ["a"] } }, /"rights" may hold publish, subscribe, channels/],
  ["a right that is a text", { rights: { publish: "#" } }, /"rights\.publish" is not a list/],
  ["a filter that is none", { rights: { subscribe: ["a#"] } }, /"rights\.subscribe" holds what is no/],
  ["a filter that is a number", { rights: { publish: [7] } }, /"rights\.publish" holds what is no/],
  ["a long filter", { rights: { publish: ["x".repeat(1_025)] } }, /of at most 1024 characters/],
  ["too many filters", { rights: { publish: channelsOf(101) } }, /at most 100 topic filters/],
  ["channel rights in a list", { rights: { channels: ["a"] } }, /"rights\.channels" is not a JSON object/],
  ["an unknown action", { rights: { channels: { a: ["write"] } } }, /other actions than subscribe, publish/],
  ["an action alone", { rights: { channels: { a: "publish" } } }, /other actions than/],
  ["rights to no channel", { rights: { channels: { "": ["publish"] } } }, /no name of a channel/],
  ["rights to many channels", { rights: { channels: rightsOf(129) } }, /more than 128 channels/],
];
for (const [what, claims, text] of oddities)
  test(`refused, with a reason: ${what}`, async (t) => {
    const { tokens } = await open(t, { secret: SECRET });
    const token = forge({ alg: "HS256" }, { exp: soon(), ...claims });
    await refused(connect(tokens, token), token, "credentials", text);
  });

test("an end that is larger than any number is refused", async (t) => {
  const { tokens } = await open(t, { secret: SECRET });
  const token = forgeText('{"alg":"HS256"}', '{"exp":1e999}');
  await refused(connect(tokens, token), token, "credentials", /"exp"/);
});

test("a grant names a channel that can be", async (t) => {
  const { tokens } = await open(t, { secret: SECRET });
  for (const channel of ["", 7, null, "x".repeat(256)]) {
    const token = await sign({ exp: soon(), channel });
    await refused(tokens.grant(token), token, "credentials", /"channel" is not the name of a channel/);
  }
});

test("claims that objects have of themselves are none, and those of the token change no object", async (t) => {
  const { tokens } = await open(t, { secret: SECRET });
  const claims = `{"exp":${soon()},"__proto__":{"sub":"root","scopes":["admin"],"rights":{}},"sub":"7"}`;
  const principal = await connect(tokens, forgeText('{"alg":"HS256"}', claims));
  assert.deepEqual(
    [principal.user, [...principal.scopes], principal.stated, principal.info],
    ["7", [], undefined, undefined],
  );
  const rights = `{"exp":${soon()},"rights":{"channels":{"__proto__":["publish"]}}}`;
  const { stated } = await connect(tokens, forgeText('{"alg":"HS256"}', rights));
  assert.deepEqual([...(stated?.channels.keys() ?? [])], ["__proto__"]);
  assert.equal(Object.getPrototypeOf({}).publish, undefined);
  const unknown = forgeText('{"alg":"HS256"}', `{"exp":${soon()},"rights":{"__proto__":{"publish":["#"]}}}`);
  await refused(connect(tokens, unknown), unknown, "credentials", /"rights" may hold/);
});

test("a token states rights", async (t) => {
  const { tokens } = await open(t, { secret: SECRET });
  const rights = {
    publish: ["devices/%c/up"],
    subscribe: ["devices/%u/#", "+/status"],
    channels: { "device:*": ["subscribe", "history"], room: [] },
  };
  const { stated } = await connect(tokens, await sign({ exp: soon(), rights }));
  assert.deepEqual(stated, {
    publish: ["devices/%c/up"],
    subscribe: ["devices/%u/#", "+/status"],
    channels: new Map([
      ["device:*", new Set(["subscribe", "history"])],
      ["room", new Set()],
    ]),
  });
  const empty = await connect(tokens, await sign({ exp: soon(), rights: {} }));
  assert.deepEqual(empty.stated, { publish: [], subscribe: [], channels: new Map() });
});

test("a token has scopes in a list or in a text; those of other services are left out", async (t) => {
  const { tokens } = await open(t, { secret: SECRET });
  for (const [claims, scopes] of [
    [{ scopes: ["read", "metrics", "read"] }, ["read", "metrics"]],
    [{ scope: "openid profile  manage Admin" }, ["manage"]],
    [{ scope: "publish", scopes: ["read"] }, ["read", "publish"]],
    [{ scopes: [] }, []],
    [{ scopes: [7, null, "__proto__"] }, []],
  ] as const) {
    const principal = await connect(tokens, await sign({ exp: soon(), ...structuredClone(claims) }));
    assert.deepEqual([...principal.scopes], scopes);
  }
});
