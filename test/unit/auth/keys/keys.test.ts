import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { noAudit } from "../../../../src/access/audit.js";
import type { Door } from "../../../../src/access/gate.js";
import type { Principal } from "../../../../src/access/principal.js";
import { hashOf, makeKey } from "../../../../src/auth/keys/key-text.js";
import { Keys } from "../../../../src/auth/keys/keys.js";
import { WatchedFiles } from "../../../../src/files/watched-files.js";
import { at, Lines, place, refused } from "../support/tokens.js";

const DAY = 86_400_000;
const reader = makeKey();
const device = makeKey();

const content = (...keys: object[]) => stringify(keys);
const readerEntry = { name: "reader", hash: hashOf(reader), scopes: ["read", "metrics"] };
const deviceEntry = { name: "device", hash: hashOf(device), scopes: ["connect"], user: "d1" };

async function open(t: TestContext, text: string) {
  const lines = new Lines();
  const files = new WatchedFiles(lines.log, noAudit);
  t.after(() => files.close());
  const directory = place(t);
  let changes = 0;
  const keys = await Keys.open(directory.write("keys.yaml", text), files, () => void changes++);
  const write = async (next: string) => {
    directory.write("keys.yaml", next);
    await files.reload();
  };
  return { keys, write, lines, files, changes: () => changes };
}

test("a key is 256 random bits with a name in front, and its hash tells nothing of it", () => {
  assert.match(reader, /^cwk_[\w-]{43}$/);
  assert.notEqual(makeKey(), makeKey());
  assert.match(hashOf(reader), /^sha256:[\w-]{43}$/);
});

test("a key lets in with its scopes; without a user it is the operator's own", async (t) => {
  const { keys } = await open(t, content(readerEntry, deviceEntry));
  const { credential, ...rest } = (await keys.admit(at("rest", { token: reader, key: reader }))) as Principal;
  assert.deepEqual(rest, {
    user: "",
    proof: "key",
    expiresAt: undefined,
    channels: [],
    scopes: new Set(["read", "metrics"]),
    unrestricted: true,
  });
  assert.match(String(credential), /^reader#[0-9a-f]{8}$/);
  const asUser = await keys.admit(at("rest", { key: device }));
  assert.deepEqual([asUser?.user, asUser?.unrestricted], ["d1", false]);
});

test("a key comes as the key, as the token of a channel client, or as the password of MQTT", async (t) => {
  const { keys } = await open(t, content(deviceEntry));
  const attempts = [
    at("mqtt", { clientId: "c", username: "whoever", password: device }),
    at("channel", { token: device }),
    at("v3", { key: device }),
    at("v3", { token: device }),
    at("rest", { key: device, token: device }),
    at("metrics", { key: device }),
  ];
  for (const attempt of attempts) assert.equal((await keys.admit(attempt))?.user, "d1", attempt.door);
  const others = [
    at("login", { username: "d1", password: device }),
    at("rest", { username: "d1", password: device }),
    at("mqtt", { clientId: "c", username: device }),
    at("mqtt", { clientId: "c", password: "a password" }),
    at("rest", { key: "of another kind", token: "of another kind" }),
    at("rest", { key: "", token: "" }),
    at("rest"),
  ];
  for (const attempt of others) assert.equal(await keys.admit(attempt), undefined);
});

test("sessions need the scope connect, or admin", async (t) => {
  const admin = makeKey();
  const { keys } = await open(t, content(readerEntry, { name: "a", hash: hashOf(admin), scopes: ["admin"] }));
  for (const door of ["mqtt", "channel", "v3"] as const) {
    const attempt = (key: string) => keys.admit(at(door, door === "mqtt" ? { password: key } : { key }));
    await refused(attempt(reader), reader, "forbidden", /^the API key reader has not the scope connect$/);
    assert.ok(await attempt(admin), door);
  }
});

test("a key that is none of the file's is refused, whatever it resembles", async (t) => {
  const { keys } = await open(t, content(readerEntry));
  const others = [
    makeKey(),
    reader.slice(0, -1),
    `${reader}x`,
    `${reader} `,
    reader.toLowerCase(),
    "cwk_",
    `cwk_${hashOf(reader).slice(7)}`,
    "cwk___proto__",
    `cwk_${"x".repeat(100_000)}`,
  ];
  for (const key of others)
    await refused(keys.admit(at("rest", { key })), key, "credentials", /none of keys\.file/);
  await refused(keys.admit(at("mqtt", { password: others[0] })), String(others[0]), "credentials", /none of/);
});

test("a key ends when it says, also one that ends with a day", async (t) => {
  const inFuture = new Date(Date.now() + DAY);
  for (const [expires, good] of [
    [inFuture.toISOString(), true],
    ["2999-01-31", true],
    ["2999-01-31T12:00:00+02:00", true],
    [new Date(Date.now() - 1_000).toISOString(), false],
    ["2020-02-29", false],
  ] as const) {
    const { keys } = await open(t, content({ ...readerEntry, expires }));
    const verdict = keys.admit(at("rest", { key: reader }));
    if (good) assert.equal((await verdict)?.expiresAt, Date.parse(expires));
    else await refused(verdict, reader, "expired", /the API key reader has expired/);
  }
});

test("a key that is removed, replaced or changed does not stand; the others do", async (t) => {
  const { keys, write, changes, files } = await open(t, content(readerEntry, deviceEntry));
  const admit = async (door: Door, key: string) => {
    const principal = await keys.admit(at(door, { key }));
    assert.ok(principal);
    return { ...principal };
  };
  const [one, other] = [await admit("rest", reader), await admit("v3", device)];
  await write(`# a comment\n${content(deviceEntry, readerEntry)}`);
  assert.deepEqual([keys.stands(one), keys.stands(other), changes()], [true, true, 0]);
  await write("not: a list");
  assert.deepEqual([keys.stands(one), keys.size, files.faulty, changes()], [true, 2, 1, 0]);
  await write(content({ ...readerEntry, hash: hashOf(makeKey()) }, deviceEntry));
  assert.deepEqual([keys.stands(one), keys.stands(other), changes()], [false, true, 1]);
  await refused(keys.admit(at("rest", { key: reader })), reader, "credentials", /none of/);
  await write(content({ ...deviceEntry, user: "d2" }));
  assert.deepEqual([keys.stands(other), changes()], [false, 2]);
  const renamed = await admit("v3", device);
  await write("");
  assert.deepEqual([keys.size, keys.stands(renamed)], [0, false]);
  await refused(keys.admit(at("v3", { key: device })), device, "credentials", /none of/);
  assert.ok(keys.stands({ ...one, credential: "api.keys[0]" }), "it is not one of the file's");
  assert.ok(keys.stands({ ...one, proof: "token" }));
});

test("a file that cannot be taken keeps the server from starting", async (t) => {
  await assert.rejects(open(t, "- name: x"), /cannot be taken: key 1, hash: a hash, as causeway key/);
  const files = new WatchedFiles(new Lines().log, noAudit);
  await assert.rejects(
    Keys.open("/nowhere/keys.yaml", files, () => {}),
    /ENOENT/,
  );
});
