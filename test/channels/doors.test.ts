import assert from "node:assert/strict";
import { request } from "node:http";
import { type TestContext, test } from "node:test";
import { Centrifuge } from "centrifuge";
import { WebSocket } from "ws";
import { type DenialKind, Denied } from "../../src/access/denied.js";
import type { Gate } from "../../src/access/gate.js";
import { connectClient, event } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { gateOf, noTokens } from "./support/gate-of.js";
import { answer } from "./support/heard.js";
import { faultOf, PlainClient, refusalOf, token } from "./support/plain-client.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestOptions } from "./support/server.js";
import { TestGate } from "./support/test-gate.js";
import { TestTokens } from "./support/test-tokens.js";

/* How clients are let in to channels, and what they are told when they are not. */

const ANN = TestTokens.connection({ user: "ann" });
const cookie = { Cookie: "theme=dark; causeway_session=c00kie" };

async function start(t: TestContext, options: TestOptions = {}) {
  const gate = new TestGate();
  gate.cookies.set("c00kie", "ann");
  const channels = [
    { channel: "open", topics: ["open/#"] },
    { channel: "closed", topics: ["closed/#"], requireToken: true },
  ];
  return { gate, ...(await startServer(t, { channels, gate, ...options })) };
}

/** The reference client, and what became of it. */
function wanderer(t: TestContext, url: string, getToken?: () => Promise<string>) {
  const client = new Centrifuge(url, {
    websocket: WebSocket,
    minReconnectDelay: 10,
    maxReconnectDelay: 20,
    ...(getToken ? { getToken } : {}),
  });
  t.after(() => client.disconnect());
  return client;
}

test("where credentials are needed, the reference client asks for a token when it can, and otherwise stays away", async (t) => {
  const { gate, url, gateway } = await start(t);
  gate.anonymous = false;
  const homeless = wanderer(t, url);
  const left = event(homeless, "disconnected");
  homeless.connect();
  assert.equal((await left).code, 1, "unauthorized, by its own word");
  const { opened } = gateway.stats();
  let asked = 0;
  const able = wanderer(t, url, async () => (asked++ === 0 ? "" : ANN));
  const connected = event(able, "connected");
  able.connect();
  await connected;
  assert.ok(asked >= 2);
  assert.ok(gateway.stats().opened - opened <= 3, "it was not in a hurry");
  assert.equal(opened, 1, "the other came once");
});

test("a login cookie lets in by every transport, unless a token is given", async (t) => {
  const { gate, url, httpUrl } = await start(t);
  gate.anonymous = false;
  const socket = new WebSocket(url, { headers: cookie });
  t.after(() => socket.terminate());
  const replied = new Promise<string>((resolve) => socket.on("message", (text) => resolve(String(text))));
  socket.on("open", () => socket.send('{"id":1,"connect":{}}'));
  assert.match(await replied, /"client":/);
  const connect = '{"id":1,"connect":{}}';
  const events = `/connection/sse?cf_connect=${encodeURIComponent(connect)}`;
  assert.match(await firstOf(t, httpUrl(events), { headers: cookie }), /"client":/);
  const json = { "Content-Type": "application/json" };
  const stream = { method: "POST", headers: { ...cookie, ...json }, body: connect };
  assert.match(await firstOf(t, httpUrl("/connection/http_stream"), stream), /"client":/);
  assert.deepEqual(
    gate.attempts.map(({ cookie, token }) => [cookie, token]),
    Array(3).fill(["c00kie", undefined]),
  );
  const body = JSON.stringify({ id: 1, connect: { token: ANN } });
  assert.match(await firstOf(t, httpUrl("/connection/http_stream"), { ...stream, body }), /"client":/);
  assert.deepEqual(gate.attempts[3]?.cookie, undefined);
  const unknown = { headers: { Cookie: "causeway_session=unknown" } };
  assert.match(await firstOf(t, httpUrl(events), unknown), /"code":109/);
});

/** The beginning of a response that goes on. */
function firstOf(
  t: TestContext,
  url: string,
  { body, ...options }: { method?: string; headers: Record<string, string>; body?: string },
): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, options, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
        if (text.includes("{")) resolve(text);
      });
    });
    sent.on("error", () => {});
    t.after(() => sent.destroy());
    sent.end(body);
  });
}

test("each kind of denial has its own answer to connect", async (t) => {
  const { gate, url, log } = await start(t);
  const answers: [kind: DenialKind, expected: unknown][] = [
    ["credentials", 3500],
    ["forbidden", 3507],
    ["expired", { code: 109, temporary: undefined }],
    ["unavailable", { code: 100, temporary: true }],
    ["backoff", { code: 111, temporary: true }],
  ];
  for (const [kind, expected] of answers) {
    gate.refusal = new Denied(kind, "the r3ason");
    const client = await RawClient.open(t, url);
    client.command({ id: 1, connect: { token: ANN } });
    if (typeof expected === "number") assert.equal((await client.closed).code, expected);
    else {
      const { code, temporary } = await answer(client, 1);
      assert.deepEqual({ code, temporary }, expected, kind);
    }
    assert.ok(!JSON.stringify(client.replies).includes("r3ason"), "the reason is for the log");
  }
  assert.ok(log.some(({ reason }) => reason === "the r3ason"));
  assert.ok(!JSON.stringify(log).includes(JSON.stringify(ANN).slice(1, -1)), "the log holds no token");
});

test("each kind of denial has its own answer to refresh", async (t) => {
  const { gate, url } = await start(t);
  const answers: [kind: DenialKind, expected: unknown][] = [
    ["credentials", 3500],
    ["forbidden", 3507],
    ["expired", 3005],
    ["unavailable", 100],
    ["backoff", 111],
  ];
  for (const [kind, expected] of answers) {
    gate.refusal = undefined;
    const client = await RawClient.open(t, url);
    client.command({ id: 1, connect: { token: ANN } });
    await client.reply(1);
    gate.refusal = new Denied(kind, "for a reason");
    client.command({ id: 2, refresh: { token: ANN } });
    const code = Number(expected) > 3000 ? (await client.closed).code : (await answer(client, 2)).code;
    assert.equal(code, expected, kind);
  }
});

test("a login that ends is not to be renewed by the client, which is closed when it ends", async (t) => {
  const { gate, url } = await start(t, { gateway: { expiryGrace: 60_000 } });
  const { admit } = gate;
  gate.admit = async (attempt) => ({
    ...(await admit.call(gate, attempt)),
    expiresAt: Date.now() + 300,
  });
  const client = await RawClient.connect(t, url);
  assert.equal((await answer(client, 1)).expires, undefined);
  assert.equal((await client.closed).code, 3005);
});

test("a bare WebSocket is refused with the status of the denial", async (t) => {
  const { gate, plainUrl } = await start(t);
  const statuses: [kind: DenialKind, status: number][] = [
    ["credentials", 401],
    ["expired", 401],
    ["forbidden", 403],
    ["unavailable", 503],
    ["backoff", 429],
  ];
  for (const [kind, status] of statuses)
    for (const query of ["", "?api_key=k", "?signature=s", `?jwt=${token({ user: "ann" })}`]) {
      gate.refusal = new Denied(kind, "the r3ason");
      const refusal = await refusalOf(plainUrl("open") + query);
      assert.equal(refusal.status, status, `${kind} ${query}`);
      assert.ok(!refusal.error.includes("r3ason"));
    }
});

test("a bare WebSocket brings a token, a signed URL, a key or a cookie; the first of them counts", async (t) => {
  const { gate, plainUrl } = await start(t);
  gate.anonymous = false;
  gate.keys.set("k1", { user: "machine" });
  await PlainClient.open(t, `${plainUrl("open")}?api_key=k1`);
  await PlainClient.open(t, `${plainUrl("open")}?user=url&signature=good&api_key=unknown`);
  await PlainClient.open(
    t,
    `${plainUrl("open")}?jwt=${token({ user: "ann" })}&signature=bad&api_key=unknown`,
  );
  const socket = new WebSocket(plainUrl("open"), { headers: cookie });
  t.after(() => socket.terminate());
  await new Promise((resolve) => socket.on("open", resolve));
  assert.deepEqual(
    gate.attempts.map(({ door, peer: _, signedUrl, ...brought }) => ({
      ...brought,
      ...(signedUrl ? { signed: [signedUrl.channel, signedUrl.query.get("user")] } : {}),
    })),
    [
      { key: "k1" },
      { signed: ["open", "url"] },
      { token: TestTokens.connection({ user: "ann" }) },
      { cookie: "c00kie" },
    ],
  );
  assert.equal((await refusalOf(`${plainUrl("open")}?signature=bad`)).error, "the signed URL is not valid");
  assert.equal((await refusalOf(plainUrl("open"))).error, "an api_key, a jwt or a signed URL is needed");
});

test("a signed URL is good for a channel that asks for a token", async (t) => {
  const { plainUrl } = await start(t);
  await PlainClient.open(t, `${plainUrl("closed")}?signature=good`);
  assert.equal((await refusalOf(`${plainUrl("closed")}?api_key=k1`)).status, 401);
});

test("a key of the configuration stands for nobody, and rules for nobody hold for it", async (t) => {
  const KEY = "a-key-of-sufficient-length";
  const rights = new TestGate({ "": { subscribe: ["open/a"] } });
  const gate: Gate = {
    ...gateOf(noTokens, [KEY]),
    rightsOf: (principal) => rights.rightsOf(principal),
  };
  const { plainUrl, bus } = await start(t, { gate });
  const client = await PlainClient.open(t, `${plainUrl("open")}?api_key=${KEY}`);
  bus.send("open/b", '"secret"');
  bus.send("open/a", '"public"');
  assert.deepEqual(
    (await client.frames(1)).map(({ data }) => data),
    ["public"],
  );
  client.publish("x", 1);
  assert.equal(faultOf((await client.frames(1, "system:error"))[0]).code, 103);
  assert.equal((await refusalOf(`${plainUrl("closed")}?api_key=${KEY}`)).status, 401);
});

test("who has no right to a channel gets no bare WebSocket on it", async (t) => {
  const gate = new TestGate({ ann: { subscribe: ["other/#"] } });
  const { plainUrl, gateway } = await start(t, { gate });
  const refusal = await refusalOf(`${plainUrl("open")}?jwt=${token({ user: "ann" })}`);
  assert.deepEqual(refusal, { status: 403, error: 'permission denied: no right to subscribe to "open"' });
  await PlainClient.open(t, `${plainUrl("open")}?jwt=${token({ user: "ann", channel: "open" })}`);
  await PlainClient.open(t, `${plainUrl("open")}?jwt=${token({ user: "ann", channels: ["open"] })}`);
  assert.equal(gateway.stats().denied.subscribe, 1);
});

test("a gateway that has closed hears of no more changes", async (t) => {
  const { gate, gateway, url } = await start(t);
  await connectClient(t, url);
  assert.equal(gate.listeners, 1);
  await gateway.close(1_000);
  await eventually(() => gate.listeners === 0, "it listens no more");
});
