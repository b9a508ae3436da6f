import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { eventually } from "./support/eventually.js";
import { Gate } from "./support/gate.js";
import { faultOf, PlainClient, refusalOf, token } from "./support/plain-client.js";
import { startServer, type TestOptions } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

/* Who may open a bare WebSocket, and for how long. */

const KEY = "a-key-of-sufficient-length";
const channels = [
  { channel: "open", topics: ["open/#"], presence: true },
  { channel: "closed:{id}", topics: ["closed/{id}/#"], requireToken: true, presence: true },
];

async function start(t: TestContext, options: TestOptions = {}) {
  const server = await startServer(t, { channels, tokens: new TestTokens(), ...options });
  return server;
}

const withKeys = { apiKeys: ["another-key-of-length", KEY] };

test("without keys in the configuration any key, and none, will do", async (t) => {
  const { plainUrl, gateway } = await start(t);
  for (const query of ["", "?api_key=", "?api_key=whatever"])
    await PlainClient.open(t, plainUrl("open") + query);
  assert.equal(gateway.stats().plainSessions, 3);
});

test("with keys, one of them or a valid jwt is needed", async (t) => {
  const { plainUrl, gateway } = await start(t, withKeys);
  await PlainClient.open(t, `${plainUrl("open")}?api_key=${KEY}`);
  await PlainClient.open(t, `${plainUrl("open")}?jwt=${token({ user: "ann" })}&api_key=unknown`);
  assert.equal(gateway.stats().plainSessions, 2);
  for (const query of ["", "?api_key=", `?api_key=${KEY}x`, `?api_key=${KEY.slice(1)}`]) {
    const { status, error } = await refusalOf(plainUrl("open") + query);
    assert.deepEqual([status, error], [401, "an api_key, a jwt or a signed URL is needed"]);
  }
  assert.deepEqual([gateway.stats().plainSessions, gateway.stats().refused], [2, 4]);
});

test("a jwt that is not valid is refused before the WebSocket opens, whatever the key", async (t) => {
  const { plainUrl, log } = await start(t, withKeys);
  const refused: [string, RegExp][] = [
    ["broken", /^the jwt is not valid$/],
    [token({ user: "ann", expiresAt: Date.now() - 1 }), /^the jwt has expired$/],
    [token({ user: "ann", channel: "open", expiresAt: 1 }), /^the jwt has expired$/],
  ];
  for (const [jwt, message] of refused) {
    const { status, error } = await refusalOf(`${plainUrl("open")}?api_key=${KEY}&jwt=${jwt}`);
    assert.equal(status, 401);
    assert.match(error, message);
  }
  const line = log.find(({ msg }) => msg === "jwt refused");
  assert.deepEqual([line?.channel, line?.reason], ["open", "it is not signed"]);
});

test("a server without tokens refuses every jwt, and says so in the log", async (t) => {
  const { plainUrl, log } = await startServer(t, { channels });
  assert.deepEqual(await refusalOf(`${plainUrl("open")}?jwt=x`), {
    status: 401,
    error: "the jwt is not valid",
  });
  assert.equal(log.find(({ msg }) => msg === "jwt refused")?.reason, "no tokens here");
});

test("a channel that requires a token wants one that names it", async (t) => {
  const { plainUrl, gateway } = await start(t);
  const refused: [string, number, RegExp][] = [
    ["", 401, /"closed:1" needs a jwt/],
    [`?api_key=${KEY}`, 401, /"closed:1" needs a jwt/],
    [`?jwt=${token({ user: "ann" })}`, 403, /not for channel "closed:1"/],
    [`?jwt=${token({ user: "ann", channels: ["closed:2", "open"] })}`, 403, /not for channel "closed:1"/],
    [`?jwt=${token({ user: "ann", channel: "closed:2" })}`, 403, /not for channel "closed:1"/],
    ["?jwt=broken", 401, /not valid/],
  ];
  for (const [query, code, message] of refused) {
    const { status, error } = await refusalOf(plainUrl("closed:1") + query);
    assert.equal(status, code, query);
    assert.match(error, message);
  }
  assert.equal(gateway.stats().plainSessions, 0);
  await PlainClient.open(t, `${plainUrl("closed:1")}?jwt=${token({ channels: ["open", "closed:1"] })}`);
  await PlainClient.open(t, `${plainUrl("closed:1")}?jwt=${token({ user: "ann", channel: "closed:1" })}`);
  assert.equal(gateway.stats().plainSessions, 2);
});

test("a token for the channel alone says who somebody is there", async (t) => {
  const { plainUrl } = await start(t);
  const jwt = token({ user: "ann", channel: "closed:1", info: { role: "fitter" } });
  const ann = await PlainClient.open(t, `${plainUrl("closed:1")}?presence=1&uuid=u&jwt=${jwt}`);
  const [list] = await ann.frames(1);
  const { members = [] } = (list?.data ?? {}) as { members?: Record<string, unknown>[] };
  const { client: _, ...member } = members[0] ?? {};
  assert.deepEqual(member, { user: "ann", uuid: "u", verified: true, chan_info: { role: "fitter" } });
});

test("a jwt may come in a header, so that it is in no URL", async (t) => {
  const { plainUrl } = await start(t);
  assert.equal((await refusalOf(plainUrl("closed:1"), { jwt: "broken" })).error, "the jwt is not valid");
  assert.equal(
    (await refusalOf(plainUrl("closed:1"), { jwt: TestTokens.connection({ user: "ann" }) })).status,
    403,
  );
});

test("when the token ends, the session is told and closed with code 3005", async (t) => {
  const { plainUrl, gateway } = await start(t);
  for (const says of [{ channels: ["closed:1"] }, { channel: "closed:1" }]) {
    const jwt = token({ user: "ann", expiresAt: Date.now() + 300, ...says });
    const ann = await PlainClient.open(t, `${plainUrl("closed:1")}?jwt=${jwt}`);
    assert.deepEqual(await ann.raw.closed, { code: 3005, reason: "connection expired" });
    assert.deepEqual(ann.all, [
      {
        event: "system:error",
        data: { code: 3005, message: "connection expired" },
        error: "connection expired",
      },
    ]);
  }
  assert.equal(gateway.stats().disconnects.expired, 2);
});

test("the operator's word ends the sessions of a user, and those that may come back are not told to stay away", async (t) => {
  const { plainUrl, gateway } = await start(t);
  const open = (user: string) => PlainClient.open(t, `${plainUrl("open")}?jwt=${token({ user })}`);
  const [ann, bob, cid] = [await open("ann"), await open("bob"), await open("cid")];
  assert.equal(gateway.users.disconnect({ user: "ann", session: undefined }, {}), 1);
  assert.deepEqual(await ann.raw.closed, { code: 3503, reason: "force disconnect" });
  assert.deepEqual([faultOf(ann.all[0]).code, ann.all[0]?.error], [3503, "force disconnect"]);
  assert.equal(gateway.users.disconnect({ user: "bob", session: undefined }, { code: 3011 }), 1);
  assert.deepEqual([(await bob.raw.closed).code, bob.all], [3011, []]);
  assert.equal(cid.raw.socket.readyState, cid.raw.socket.OPEN);
});

test("names that are too long are refused by their name", async (t) => {
  const { plainUrl } = await start(t);
  for (const [name, most] of [["uuid", 64] as const, ["user", 255] as const]) {
    await PlainClient.open(t, `${plainUrl("open")}?${name}=${"x".repeat(most)}`);
    assert.deepEqual(await refusalOf(`${plainUrl("open")}?${name}=${"x".repeat(most + 1)}`), {
      status: 400,
      error: `${name} must not be longer than ${most} characters`,
    });
  }
});

test("no key and no token gets into the log", async (t) => {
  const { plainUrl, log } = await start(t, withKeys);
  const secret = "s3cr3t";
  const jwt = token({ user: "ann", info: secret });
  await refusalOf(`${plainUrl("open")}?api_key=${secret}`);
  await refusalOf(`${plainUrl("open")}?jwt=${secret}`);
  await refusalOf(`${plainUrl("closed:1")}?jwt=${jwt}`);
  const ann = await PlainClient.open(t, `${plainUrl("open")}?api_key=${KEY}&jwt=${jwt}`);
  ann.raw.socket.send("nonsense");
  await ann.frames(1);
  await ann.close();
  await eventually(() => log.some(({ msg }) => msg === "session ended"), "the session is over");
  const lines = JSON.stringify(log);
  for (const text of [secret, jwt, KEY]) assert.ok(!lines.includes(text), `${text} is in ${lines}`);
  assert.match(lines, /"error":"an api_key, a jwt or a signed URL is needed"/);
});

/** Tokens that are looked at only when `go` is called. */
function slowTokens(): { tokens: TestTokens; asked: () => boolean; go: () => void } {
  const tokens = new TestTokens();
  const gate = new Gate();
  let asked = false;
  tokens.before = () => {
    asked = true;
    return gate.pass();
  };
  return { tokens, asked: () => asked, go: () => gate.open() };
}

test("a token that takes its time finds a server that has closed meanwhile", async (t) => {
  const { tokens, asked, go } = slowTokens();
  const { plainUrl, gateway } = await start(t, { tokens });
  const refusal = refusalOf(`${plainUrl("open")}?jwt=${token({ user: "ann" })}`);
  await eventually(asked, "the token is looked at");
  const closed = gateway.close(1_000);
  go();
  assert.equal((await refusal).status, 503);
  await closed;
});

test("a client that gives up while its token is looked at leaves nothing behind", async (t) => {
  const { tokens, asked, go } = slowTokens();
  const { plainUrl, gateway, bridge } = await start(t, { tokens });
  const socket = new WebSocket(`${plainUrl("open")}?jwt=${token({ user: "ann" })}`);
  socket.on("error", () => {});
  await eventually(asked, "the token is looked at");
  socket.terminate();
  go();
  const other = await PlainClient.open(t, plainUrl("open"));
  await other.close();
  await eventually(() => gateway.stats().plainSessions === 0, "no session is left");
  assert.equal(bridge.stats().subscribers, 0);
});

test("a client that tries again without end is slowed down", async (t) => {
  const { plainUrl } = await start(t, withKeys);
  const began = performance.now();
  for (let attempt = 0; attempt < 45; attempt++)
    assert.equal((await refusalOf(`${plainUrl("open")}?api_key=wrong`)).status, 401);
  const took = performance.now() - began;
  assert.ok(took > 1_900, `45 attempts took ${took} ms; more than 20 a second are not answered`);
});

test("those who wait for their refusal get it when the server closes", async (t) => {
  const { plainUrl, gateway } = await start(t, withKeys);
  const refusals = Array.from({ length: 60 }, () => refusalOf(`${plainUrl("open")}?api_key=wrong`));
  await eventually(() => gateway.stats().refused === 60, "all were looked at");
  await gateway.close(1_000);
  assert.deepEqual(new Set((await Promise.all(refusals)).map(({ status }) => status)), new Set([401]));
});
