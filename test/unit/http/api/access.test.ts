import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test } from "node:test";
import { noAudit } from "../../../../src/access/audit.js";
import { type DenialKind, Denied } from "../../../../src/access/denied.js";
import type { Principal } from "../../../../src/access/principal.js";
import { ConfiguredKeys } from "../../../../src/auth/keys/configured-keys.js";
import type { Method } from "../../../../src/auth/method.js";
import { Admission } from "../../../../src/http/admission.js";
import { Access, type Caller } from "../../../../src/http/api/access.js";
import { ApiError } from "../../../../src/http/api/error.js";
import { gateOf, loginsOf, pagesOf, requestOf } from "../support.js";

interface Setting {
  readonly methods?: readonly Method[];
  readonly keyed?: boolean;
  readonly loopbackOnly?: boolean;
  readonly anonymous?: boolean;
}

function accessOf({ methods = [], keyed = false, loopbackOnly = true, anonymous = true }: Setting): Access {
  const gate = gateOf({ methods, loopbackOnly, anonymous });
  const pages = pagesOf({ local: loopbackOnly && anonymous, host: "0:0:0:0:0:0:0:1" });
  return new Access({
    gate,
    pages,
    audit: noAudit,
    admission: new Admission({ gate, pages, keyed, loopbackOnly }),
  });
}

async function statusOf(access: Access, headers: IncomingHttpHeaders): Promise<number> {
  const outcome = await access.admit(requestOf(headers)).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) return 200;
  assert.ok(outcome instanceof ApiError, String(outcome));
  return outcome.status;
}

const byOf = async (access: Access, headers: IncomingHttpHeaders) =>
  (await access.admit(requestOf(headers))).principal?.credential;

describe("without keys", () => {
  const access = accessOf({});
  const hosts: [string | undefined, number][] = [
    ["127.0.0.1", 200],
    ["127.255.0.9:65535", 200],
    ["localhost", 200],
    ["[::1]", 200],
    ["[0:0:0:0:0:0:0:1]:8080", 200],
    [undefined, 403],
    ["", 403],
    [":8080", 403],
    ["[]", 403],
    ["127.0.0", 403],
    ["127.0.0.1.", 403],
    ["0127.0.0.1", 403],
    ["localhost:", 403],
    ["localhost:123456", 403],
    ["a localhost", 403],
  ];
  for (const [host, status] of hosts)
    test(`Host ${JSON.stringify(host)} is ${status}`, async () =>
      assert.equal(await statusOf(access, host === undefined ? {} : { host }), status));

  test("nobody is let in where others can reach the server", async () => {
    assert.equal(await statusOf(accessOf({ loopbackOnly: false }), { host: "127.0.0.1" }), 401);
  });
});

describe("with keys", () => {
  const methods = [ConfiguredKeys.ofApi(["a".repeat(16), "b".repeat(16)])];
  const access = accessOf({ methods, keyed: true });
  test("each lets in, and is told apart for the log", async () => {
    assert.equal(await byOf(access, { authorization: `Bearer ${"b".repeat(16)}` }), "api.keys[1]");
    assert.equal(await byOf(access, { "x-api-key": "a".repeat(16) }), "api.keys[0]");
  });
  test("loopback is not enough, with a name and password neither", async () => {
    assert.equal(await statusOf(access, { host: "localhost" }), 401);
    assert.equal(await statusOf(access, { host: "localhost", authorization: "Basic YTpi" }), 401);
  });
  test("a long header is no longer work", async () =>
    assert.equal(await statusOf(access, { authorization: `Bearer ${" ".repeat(15_000)}` }), 401));
  test("at the door of clients they are nothing", async () => {
    const peer = { address: "127.0.0.1", port: 1, secure: false };
    const attempt = { door: "mqtt", peer, key: "a".repeat(16) } as const;
    assert.equal((await gateOf({ methods }).admit(attempt)).proof, "none");
    const closed = gateOf({ methods, anonymous: false });
    await assert.rejects(closed.admit(attempt), /no credentials were given/);
  });
});

test("what the gate says becomes a status, and the reason stays with it", async () => {
  const statuses: Record<DenialKind, number> = {
    credentials: 401,
    expired: 401,
    forbidden: 403,
    unavailable: 503,
    backoff: 429,
  };
  for (const [kind, status] of Object.entries(statuses)) {
    const method: Method = {
      name: "test",
      admit: () => Promise.reject(new Denied(kind as DenialKind, "the inner reason")),
      stands: () => true,
    };
    const access = accessOf({ methods: [method], anonymous: false });
    await assert.rejects(access.admit(requestOf({ host: "localhost", "x-api-key": "x" })), (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, status);
      assert.doesNotMatch(error.message, /inner reason/);
      return true;
    });
  }
});

test("an operation needs its scope; admin is all of them", () => {
  const access = accessOf({});
  const caller = (...scopes: Principal["scopes"] extends ReadonlySet<infer S> ? S[] : never): Caller => ({
    remote: "",
    principal: { user: "u", proof: "key", channels: [], scopes: new Set(scopes), unrestricted: false },
  });
  const manage = { id: "disconnectUser", scope: "manage" } as const;
  access.check(caller("manage"), manage);
  access.check(caller("admin"), manage);
  access.check(caller("read"), { id: "batch" });
  for (const other of [caller("publish", "read", "metrics", "connect"), caller(), { remote: "" }])
    assert.throws(
      () => access.check(other, manage),
      /disconnectUser needs a credential with the scope manage/,
    );
});

test("a login's cookie counts only with the proof that a page of ours sends it", async () => {
  const gate = gateOf({ anonymous: false });
  const logins = loginsOf(gate);
  const access = accessOf({ methods: [logins], anonymous: false });
  const ada = {
    user: "ada",
    proof: "password",
    channels: [],
    scopes: new Set<never>(),
    unrestricted: false,
  } as const;
  const { id } = logins.begin(ada);
  const cookie = `theme=dark; causeway_session=${id}`;
  const own = { host: "iot.example", cookie, "x-causeway-csrf": "1" };
  assert.equal(await statusOf(access, own), 200);
  assert.equal(
    await statusOf(access, { ...own, origin: "http://iot.example", "sec-fetch-site": "same-origin" }),
    200,
  );
  assert.equal(await statusOf(access, { host: own.host, cookie }), 401);
  assert.equal(await statusOf(access, { ...own, "x-causeway-csrf": "0" }), 401);
  assert.equal(
    await statusOf(access, { ...own, "sec-fetch-site": "same-site", origin: "http://iot.example" }),
    401,
  );
  assert.equal(await statusOf(access, { ...own, origin: "http://evil.example" }), 403);
  assert.equal(await statusOf(access, { ...own, origin: "null" }), 403);
  logins.end(id);
  assert.equal(await statusOf(access, own), 401);
});
