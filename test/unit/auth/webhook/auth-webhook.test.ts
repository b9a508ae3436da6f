import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { describe, type TestContext, test } from "node:test";
import type { Principal } from "../../../../src/access/principal.js";
import { makePbkdf2 } from "../../../../src/auth/accounts/pbkdf2.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import { AuthGround } from "../auth-ground.js";
import { AuthServer, json } from "./auth-server.js";

const SECRET = "a secret of the tests";
const ALICE = { username: "alice", password: "hunter2hunter2" };

async function ground(t: TestContext, options: object = {}) {
  const server = await AuthServer.start(t);
  const at = await AuthGround.open(t, { authWebhook: { url: server.url, secret: SECRET, ...options } });
  return { server, at };
}

const isUser = (found: Principal | string): found is Principal => typeof found !== "string";

test("it is asked with all that was brought, signed, and what it says is what the client is", async (t) => {
  const { server, at } = await ground(t);
  const expiresAt = Math.floor(Date.now() / 1_000) + 60;
  server.answer = json({
    allow: true,
    user: "Alice",
    expiresAt,
    clientId: "sensor-1",
    info: { name: "Alice" },
    channels: ["news", "news"],
    scopes: ["connect", "read"],
    rights: { publish: ["devices/%u/#"], channels: { "room:*": ["subscribe", "presence"] } },
  });
  const certificate = { user: "cn", issuer: "CN=CA", serial: "0A", expiresAt: 1 };
  const peer = { address: "192.0.2.7", port: 4_711, secure: true, certificate };
  const found = await at.admit({ door: "mqtt", peer, clientId: "sensor-1", ...ALICE });
  const [question] = server.questions;
  assert.ok(isUser(found) && question);
  assert.deepEqual(question.json, {
    door: "mqtt",
    user: "alice",
    password: "hunter2hunter2",
    clientId: "sensor-1",
    address: "192.0.2.7",
    secure: true,
    certificate: { user: "cn", issuer: "CN=CA", serial: "0A" },
  });
  const [, time, signature] = /^t=(\d+),v1=(.*)$/.exec(String(question.headers["causeway-signature"])) ?? [];
  assert.equal(signature, createHmac("sha256", SECRET).update(`${time}.${question.body}`).digest("hex"));
  const { stated, scopes, ...rest } = found;
  assert.deepEqual(rest, {
    user: "Alice",
    proof: "webhook",
    expiresAt: expiresAt * 1_000,
    clientId: "sensor-1",
    info: { name: "Alice" },
    channels: ["news"],
    unrestricted: false,
  });
  assert.deepEqual([...scopes], ["connect", "read"]);
  assert.deepEqual([stated?.publish, stated?.subscribe], [["devices/%u/#"], []]);
  assert.deepEqual([...(stated?.channels.get("room:*") ?? [])], ["subscribe", "presence"]);
  assert.ok(at.auth.gate.stands(found));
});

test("who is let in without more is the user that it named, and nobody in particular with a token", async (t) => {
  const { server, at } = await ground(t);
  const named = await at.admit(ALICE);
  const token = await at.admit({ door: "channel", token: "opaque" });
  assert.deepEqual([isUser(named) && named.user, isUser(token) && token.user], ["alice", ""]);
  assert.equal(server.questions[1]?.json.token, "opaque");
  assert.ok(!("user" in (server.questions[1]?.json ?? {})));
});

test("it is not asked about those who bring nothing", async (t) => {
  const { server, at } = await ground(t);
  assert.equal(await at.admit({}), "credentials");
  assert.equal(await at.admit({ door: "rest", cookie: "of a login that is over" }), "expired");
  assert.equal(server.questions.length, 0);
});

test("who is refused has wrong credentials; a client identifier and an end are held to", async (t) => {
  const { server, at } = await ground(t);
  server.answer = json({ allow: false });
  assert.equal(await at.admit(ALICE), "credentials");
  server.answer = json({ allow: true, clientId: "one" });
  assert.equal(await at.admit({ username: "bob", clientId: "two" }), "forbidden");
  server.answer = json({ allow: true, expiresAt: 1_000_000_000 });
  assert.equal(await at.admit({ username: "carol" }), "expired");
});

describe("no answer that can be used refuses as unavailable, and says why", () => {
  const answers: [string, (response: ServerResponse) => void, RegExp][] = [
    ["status 500", (response) => response.writeHead(500).end("no"), /status 500/],
    ["status 204", (response) => response.writeHead(204).end(), /status 204/],
    ["status 403", (response) => response.writeHead(403).end(), /status 403; is the secret the same/],
    [
      "a redirect",
      (response) => response.writeHead(302, { location: "/other" }).end(),
      /status 302; redirects/,
    ],
    ["no JSON", (response) => response.end("<p>yes</p>"), /not JSON/],
    ["nothing", (response) => response.end(), /not JSON/],
    ["a list", (response) => response.end("[]"), /not as documented/],
    ["no verdict", (response) => response.end("{}"), /documented: allow: /],
    ["a verdict as text", (response) => response.end('{"allow":"true"}'), /documented: allow: /],
    [
      "an unknown key",
      (response) => response.end('{"allow":true,"expires_at":5}'),
      /Unrecognized key: .*expires_at/,
    ],
    [
      "an end in ms",
      (response) => response.end(`{"allow":true,"expiresAt":${Date.now()}}`),
      /in seconds since/,
    ],
    ["a scope that is none", (response) => response.end('{"allow":true,"scopes":["root"]}'), /scopes\.0: /],
    [
      "a filter that is none",
      (response) => response.end('{"allow":true,"rights":{"publish":["a/#/b"]}}'),
      /rights\.publish\.0: # must be the whole last level/,
    ],
    [
      "more than is read",
      (response) => response.end(`{"allow":true}${" ".repeat(70_000)}`),
      /larger than 64 KiB/,
    ],
    [
      "half an answer",
      (response) => {
        response.writeHead(200, { "content-length": "14" });
        response.write('{"allow"', () => response.destroy());
      },
      /broke off/,
    ],
    ["a closed connection", (response) => response.destroy(), /cannot be reached/],
  ];
  for (const [what, answer, reason] of answers)
    test(what, async (t) => {
      const { server, at } = await ground(t);
      server.answer = answer;
      assert.equal(await at.admit(ALICE), "unavailable");
      assert.match(at.written, reason);
      for (const secret of [ALICE.password, SECRET, server.url])
        assert.ok(!at.written.includes(secret), secret);
      assert.equal(server.questions.length, 1);
      server.answer = json({ allow: true });
      assert.ok(isUser(await at.admit(ALICE)), "a fault is not kept");
    });

  test("an answer that does not come in time, whole or in parts", async (t) => {
    const { server, at } = await ground(t, { timeout: 200 });
    server.answer = () => undefined;
    assert.equal(await at.admit(ALICE), "unavailable");
    server.answer = (response) => void response.writeHead(200).write("{");
    assert.equal(await at.admit(ALICE), "unavailable");
    assert.equal(at.written.match(/there was no answer within 200 ms/g)?.length, 4);
    assert.deepEqual(at.metric("auth_webhook_requests_total"), { allowed: 0, denied: 0, unavailable: 2 });
    await new Promise(setImmediate);
    assert.equal(at.metric("auth_webhook_pending"), 0);
  });

  test("a server that is not there", async (t) => {
    const { server, at } = await ground(t);
    await server.stop();
    assert.equal(await at.admit(ALICE), "unavailable");
    assert.match(at.written, /cannot be reached: .*ECONNREFUSED/);
  });
});

test("an answer holds for the same credentials of the same client, and for no other", async (t) => {
  const { server, at } = await ground(t, { cache: "10m" });
  server.answer = (response, { json: asked }) =>
    response.end(JSON.stringify({ allow: asked.password === ALICE.password }));
  for (let count = 0; count < 5; count++) assert.ok(isUser(await at.admit(ALICE)));
  assert.equal(server.questions.length, 1);
  assert.equal(await at.admit({ ...ALICE, password: "other" }), "credentials");
  assert.equal(await at.admit({ ...ALICE, password: "other" }), "credentials");
  assert.equal(server.questions.length, 2);
  const others = [
    { address: "192.0.2.8" },
    { clientId: "x" },
    { door: "rest" as const },
    { username: "bob" },
  ];
  for (const other of others) assert.ok(isUser(await at.admit({ ...ALICE, ...other })));
  assert.equal(server.questions.length, 6);
  assert.deepEqual(at.metric("auth_webhook_saved_total"), { kept: 5, shared: 0 });
  assert.equal(at.metric("auth_webhook_answers"), 6);
});

test("an answer that has ended is not kept: whoever comes again is asked about anew", async (t) => {
  const { server, at } = await ground(t, { cache: "10m" });
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;
  server.answer = json({ allow: true, expiresAt: inSeconds(-5) });
  assert.equal(await at.admit(ALICE), "expired");
  server.answer = json({ allow: true, expiresAt: inSeconds(1_200) });
  assert.ok(isUser(await at.admit(ALICE)), "she has been given more time since");
  assert.ok(isUser(await at.admit(ALICE)));
  assert.equal(server.questions.length, 2);
});

test("with cache: 0 every attempt is asked about", async (t) => {
  const { server, at } = await ground(t, { cache: 0 });
  await at.admit(ALICE);
  await at.admit(ALICE);
  assert.deepEqual([server.questions.length, at.metric("auth_webhook_answers")], [2, 0]);
  assert.equal(server.connections, 1, "over the same connection");
});

test("the same question at the same time is asked once", async (t) => {
  const { server, at } = await ground(t, { cache: 0 });
  const responses: ServerResponse[] = [];
  server.answer = (response) => void responses.push(response);
  const all = Promise.all(Array.from({ length: 200 }, () => at.admit(ALICE)));
  await server.asked(1);
  for (const response of responses) response.end('{"allow":true}');
  assert.ok((await all).every(isUser));
  assert.equal(server.questions.length, 1);
});

test("so many requests at a time; who waits too long, or is too many, is refused as unavailable", async (t) => {
  const { server, at } = await ground(t, { maxPending: 2, timeout: 300 });
  server.answer = () => undefined;
  const found = await Promise.all(
    Array.from({ length: 50 }, (_, index) => at.admit({ ...ALICE, address: `10.0.0.${index}` })),
  );
  assert.ok(found.every((kind) => kind === "unavailable"));
  assert.ok(server.questions.length <= 4, `${server.questions.length}`);
  const { full, late } = at.metric("auth_webhook_queue_refused_total") as Record<string, number>;
  assert.equal(full, 28);
  assert.ok((late ?? 0) >= 18, `${late}`);
  server.answer = json({ allow: true });
  assert.ok(isUser(await at.admit(ALICE)), "it goes on once answers come");
});

test("one who guesses is stopped before the server is asked", async (t) => {
  const { server, at } = await ground(t);
  server.answer = json({ allow: false });
  for (let count = 0; count < 30; count++) await at.admit({ ...ALICE, password: `guess ${count}` });
  assert.equal(server.questions.length, 10);
  assert.equal((at.metric("auth_refused_total") as Record<string, number>).backoff, 20);
  assert.deepEqual(at.metric("auth_backoff_entries"), { network: 1, user: 1, trusted: 0 });
});

test("accounts decide on the names that they know, and the webhook on the others", async (t) => {
  const server = await AuthServer.start(t);
  const directory = await temporaryDirectory(t, "accounts");
  await writeFile(`${directory}/accounts`, `alice:${await makePbkdf2("secret", 100)}\n`);
  const at = await AuthGround.open(t, {
    accounts: { file: `${directory}/accounts` },
    authWebhook: { url: server.url },
  });
  assert.equal(await at.admit(ALICE), "credentials");
  assert.equal(server.questions.length, 0);
  assert.ok(isUser(await at.admit({ ...ALICE, username: "bob" })));
  assert.equal(server.questions[0]?.headers["causeway-signature"], undefined);
});

for (const url of ["ftp://example.org/", "https://user:pass@example.org/", "example.org"])
  test(`${url} is no address for it`, async (t) => {
    await assert.rejects(AuthGround.open(t, { authWebhook: { url } }), /authWebhook\.url|http:\/\//);
  });
