import assert from "node:assert/strict";
import { test } from "node:test";
import { Denied } from "../../../src/access/denied.js";
import type { Attempt } from "../../../src/access/gate.js";
import type { Principal } from "../../../src/access/principal.js";
import { Logins } from "../../../src/auth/logins.js";

const attempt = (more: Partial<Attempt>): Attempt => ({
  door: "channel",
  peer: { address: "127.0.0.1", port: 1, secure: false },
  ...more,
});

const named = (user: string, more: Partial<Principal> = {}): Principal => ({
  user,
  proof: "password",
  credential: "accounts",
  channels: [],
  scopes: new Set(),
  unrestricted: false,
  ...more,
});

function setUp({ lifetime = 60_000, maxSessions = 3 } = {}) {
  const gone = new Set<string>();
  const heard = { ends: 0 };
  const logins = new Logins({
    lifetime,
    maxSessions,
    stands: ({ user }) => !gone.has(user),
    ended: () => {
      heard.ends++;
    },
  });
  return { logins, gone, heard };
}

test("a login lets in whoever has the cookie, as the user that it is", async () => {
  const { logins } = setUp();
  const before = Date.now();
  const { id, expiresAt } = logins.begin(named("ada"));
  assert.match(id, /^[\w-]{43}$/);
  assert.ok(expiresAt >= before + 60_000 && expiresAt <= Date.now() + 60_000);
  const principal = await logins.admit(attempt({ cookie: id }));
  assert.equal(principal?.user, "ada");
  assert.equal(principal?.proof, "cookie");
  assert.equal(principal?.expiresAt, expiresAt);
  assert.ok(logins.stands({ ...(principal as Principal) }), "a copy, with more scopes, stands too");
  assert.notEqual(logins.begin(named("ada")).id, id);
});

test("a cookie that is none of ours is an ended login, and says nothing beside something else", async () => {
  const { logins } = setUp();
  for (const cookie of ["", "x", "x".repeat(10_000)])
    await assert.rejects(
      logins.admit(attempt({ cookie })),
      (error) =>
        error instanceof Denied && error.kind === "expired" && !error.message.includes("x".repeat(9)),
    );
  for (const other of [{ token: "t" }, { key: "k" }, { username: "u" }])
    assert.equal(await logins.admit(attempt({ cookie: "x", ...other })), undefined);
  assert.equal(await logins.admit(attempt({})), undefined);
});

test("a login ends when it is ended, and that is told", () => {
  const { logins, heard } = setUp();
  const { id } = logins.begin(named("ada"));
  const principal = logins.find(id) as Principal;
  assert.equal(logins.end(id)?.user, "ada");
  assert.equal(heard.ends, 1);
  assert.equal(logins.stands(principal), false);
  assert.equal(logins.find(id), undefined);
  assert.equal(logins.end(id), undefined);
  assert.equal(logins.size, 0);
});

test("a login ends with its account, and no later than its credential", () => {
  const { logins, gone } = setUp();
  const ada = logins.find(logins.begin(named("ada")).id) as Principal;
  gone.add("ada");
  assert.equal(logins.stands(ada), false);
  const soon = Date.now() + 10;
  assert.equal(logins.begin(named("eve", { expiresAt: soon })).expiresAt, soon);
});

test("a login ends when its time is over", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000 });
  const { logins } = setUp();
  const { id } = logins.begin(named("ada"));
  const principal = logins.find(id) as Principal;
  t.mock.timers.tick(59_999);
  assert.ok(logins.stands(principal));
  t.mock.timers.tick(1);
  assert.equal(logins.stands(principal), false);
  assert.equal(logins.find(id), undefined);
  logins.begin(named("eve"));
  assert.equal(logins.size, 1, "what has ended is forgotten");
});

test("at the bound the oldest login ends, that of the same user first", () => {
  const { logins, heard } = setUp({ maxSessions: 3 });
  const ids = ["eve", "ada", "ada"].map((user) => logins.begin(named(user)).id);
  const newest = logins.begin(named("ada")).id;
  assert.deepEqual(
    [...ids, newest].map((id) => logins.find(id)?.user),
    ["eve", undefined, "ada", "ada"],
  );
  logins.begin(named("max"));
  assert.equal(logins.find(ids[0] ?? ""), undefined);
  assert.deepEqual([logins.size, logins.displaced, heard.ends], [3, 2, 2]);
});
