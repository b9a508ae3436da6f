import assert from "node:assert/strict";
import { test } from "node:test";
import type { Audit, AuditDetails } from "../../src/access/audit.js";
import { Denied } from "../../src/access/denied.js";
import type { Attempt } from "../../src/access/gate.js";
import type { Method } from "../../src/auth/method.js";
import { listClients } from "../../src/http/api/clients.js";
import { disconnectUser } from "../../src/http/api/users.js";
import { serveApi } from "../unit/http/api/support.js";
import { doorOf, gateOf, loginsOf } from "../unit/http/support.js";

const PROOF = { "x-causeway-csrf": "1" };

/** Accounts of two: `ada`, who may read, and `max`, who cannot be decided on now. */
const accounts: Method = {
  name: "accounts",
  async admit({ username, password }: Attempt) {
    if (username === undefined) return undefined;
    if (username === "max") throw new Error("the store of accounts is broken");
    if (username === "eve") throw new Denied("backoff", "eve has tried too often");
    if (username !== "ada" || password !== "secret-of-ada") throw new Denied("credentials", "no, and why");
    return { user: "ada", proof: "password", channels: [], scopes: new Set(["read"]), unrestricted: false };
  },
  stands: () => true,
};

async function setUp(t: Parameters<typeof serveApi>[0], { offersLogin = true } = {}) {
  const methods: Method[] = [accounts];
  const told: [event: string, details: AuditDetails][] = [];
  const note = (event: string) => (details: AuditDetails) => void told.push([event, details]);
  const audit: Audit = {
    admitted: note("admitted"),
    refused: note("refused"),
    ended: note("ended"),
    changed: note("changed"),
  };
  const gate = gateOf({ methods, anonymous: false, audit });
  const logins = loginsOf(gate);
  methods.unshift(logins);
  const door = doorOf(gate, { logins, offersLogin, openMetrics: false });
  const served = await serveApi(t, {}, {}, { ...door, audit });
  const call = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
    fetch(served.url + path, {
      method,
      headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const logIn = (user: string, password: string, headers: Record<string, string> = PROOF) =>
    call("POST", "/login", headers, { user, password });
  return { ...served, call, logIn, logins, told };
}

function cookieOf(response: Response): string {
  return (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
}

test("a name and password become a cookie that no script reads and no other site sends", async (t) => {
  const { call, logIn, told } = await setUp(t);
  assert.deepEqual(await (await call("GET", "/session")).json(), { anonymous: false, login: true });
  const response = await logIn("ada", "secret-of-ada");
  const { user, expiresAt } = (await response.json()) as { user: string; expiresAt: number };
  assert.equal(response.status, 200);
  assert.equal(user, "ada");
  assert.match(
    response.headers.get("set-cookie") ?? "",
    /^causeway_session=[\w-]{43}; Path=\/; Max-Age=3(600|599); HttpOnly; SameSite=Strict$/,
  );
  assert.equal(response.headers.get("cache-control"), "no-store");
  const cookie = cookieOf(response);
  const session = await (await call("GET", "/session", { cookie })).json();
  assert.deepEqual(session, { user: "ada", expiresAt, anonymous: false, login: true });
  const [, details] = told.find(([event]) => event === "admitted") ?? [];
  assert.deepEqual([details?.door, details?.user, details?.proof], ["login", "ada", "password"]);
});

test("the cookie calls the API for pages of ours, within the scopes of its user", async (t) => {
  const { client, url, call, logIn, told } = await setUp(t);
  const cookie = cookieOf(await logIn("ada", "secret-of-ada"));
  await client.refused(listClients, 401, /./, { headers: { cookie } });
  await client.done(listClients, { headers: { cookie, ...PROOF } });
  await client.done(listClients, { headers: { cookie, ...PROOF, origin: url } });
  await client.refused(listClients, 403, /http\.origins/, {
    headers: { cookie, ...PROOF, origin: "http://evil.example" },
  });
  const params = { user: "x" };
  await client.refused(disconnectUser, 403, /the scope manage/, {
    params,
    body: {},
    headers: { cookie, ...PROOF },
  });
  assert.equal(told.filter(([event]) => event === "changed").length, 0);
  const info = async (headers: Record<string, string>) => (await call("GET", "/api/v1/info", headers)).json();
  assert.deepEqual(await info({}), { name: "" });
  assert.deepEqual(await info({ cookie }), { name: "" });
  assert.ok("addresses" in ((await info({ cookie, ...PROOF })) as object));
  assert.equal((await call("GET", "/metrics")).status, 401);
  assert.equal((await call("GET", "/metrics", { cookie, ...PROOF })).status, 403);
});

test("who logs out is out, with the cookie too", async (t) => {
  const { call, logIn, logins, client, told } = await setUp(t);
  const cookie = cookieOf(await logIn("ada", "secret-of-ada"));
  assert.equal((await call("POST", "/logout", { cookie }, {})).status, 403, "not without the proof");
  assert.equal(logins.size, 1);
  const out = await call("POST", "/logout", { cookie, ...PROOF }, {});
  assert.equal(out.status, 200);
  assert.match(out.headers.get("set-cookie") ?? "", /^causeway_session=; Path=\/; Max-Age=0;/);
  assert.equal(logins.size, 0);
  await client.refused(listClients, 401, /./, { headers: { cookie, ...PROOF } });
  const session = await call("GET", "/session", { cookie });
  assert.deepEqual(await session.json(), { anonymous: false, login: true });
  assert.match(session.headers.get("set-cookie") ?? "", /Max-Age=0/, "what is worth nothing is taken back");
  const [, details] = told.find(([event]) => event === "ended") ?? [];
  assert.deepEqual([details?.door, details?.user, details?.proof], ["login", "ada", "cookie"]);
});

test("to log in again ends the login before", async (t) => {
  const { logIn, logins } = await setUp(t);
  const cookie = cookieOf(await logIn("ada", "secret-of-ada"));
  const other = cookieOf(await logIn("ada", "secret-of-ada", { ...PROOF, cookie }));
  assert.notEqual(other, cookie);
  assert.equal(logins.size, 1);
});

test("who is not let in reads no more than that", async (t) => {
  const { logIn, told, log } = await setUp(t);
  const answers = await Promise.all(
    [
      ["ada", "wrong"],
      ["nobody", "secret-of-ada"],
    ].map(async ([user = "", password = ""]) => {
      const response = await logIn(user, password);
      assert.equal(response.headers.get("set-cookie"), null);
      return `${response.status} ${await response.text()}`;
    }),
  );
  assert.deepEqual(answers, [
    '401 {"error":"the name or the password is wrong"}',
    '401 {"error":"the name or the password is wrong"}',
  ]);
  const waiting = await logIn("eve", "x");
  assert.equal(waiting.status, 429);
  assert.equal(waiting.headers.get("retry-after"), "1");
  assert.equal((await logIn("max", "x")).status, 503);
  assert.deepEqual(
    told.map(([event, { reason }]) => `${event} ${reason}`),
    ["no, and why", "no, and why", "eve has tried too often", "the store of accounts is broken"].map(
      (reason) => `refused ${reason}`,
    ),
  );
  assert.doesNotMatch(JSON.stringify([told, log]), /secret-of-ada|wrong"/);
});

test("no other page logs anybody in, and no form does", async (t) => {
  const { url, call, logIn, logins } = await setUp(t);
  const good = ["ada", "secret-of-ada"] as const;
  assert.equal((await logIn(...good, {})).status, 403, "without the proof");
  assert.equal((await logIn(...good, { ...PROOF, origin: "http://evil.example" })).status, 403);
  assert.equal((await logIn(...good, { ...PROOF, origin: "null" })).status, 403);
  assert.equal((await logIn(...good, { ...PROOF, "sec-fetch-site": "cross-site" })).status, 403);
  const form = { ...PROOF, "content-type": "application/x-www-form-urlencoded" };
  const posted = await fetch(`${url}/login`, {
    method: "POST",
    headers: form,
    body: "user=ada&password=secret-of-ada",
  });
  assert.equal(posted.status, 415);
  assert.equal(logins.size, 0);
  for (const body of [{}, { user: "ada" }, { user: "ada", password: 1 }, { user: "", password: "x" }])
    assert.equal((await call("POST", "/login", PROOF, body)).status, 400, JSON.stringify(body));
  const large = { user: "ada", password: "x".repeat(10_000) };
  assert.equal((await call("POST", "/login", PROOF, large)).status, 413);
  assert.equal((await logIn(...good, { ...PROOF, origin: url })).status, 200);
});

test("without accounts there is no login", async (t) => {
  const { call, logIn } = await setUp(t, { offersLogin: false });
  assert.equal((await logIn("ada", "secret-of-ada")).status, 404);
  assert.deepEqual(await (await call("GET", "/session")).json(), { anonymous: false, login: false });
});
