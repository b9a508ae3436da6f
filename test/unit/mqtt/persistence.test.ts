import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { EnginePersistence } from "../../../src/mqtt/persistence.js";
import type { TakenWill } from "../../../src/mqtt/wills.js";
import { LevelStore } from "../../../src/storage/level/level-store.js";

const BROKER = "this run";
const ALLOWED = { ownerOf: () => undefined, mayPublish: () => true };
const EARLIER = "an earlier run";

async function setUp(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "causeway-persistence-"));
  const store = new LevelStore({ directory });
  await store.open();
  t.after(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  // What is asked about wills never goes to the sessions.
  const run = (brokerId: string) => new EnginePersistence(undefined as never, store, brokerId, ALLOWED);
  return {
    run,
    store,
    persistence: run(BROKER),
    /** Client identifier and payload of each will on the disk. */
    async stored(): Promise<Record<string, string>> {
      const wills: Record<string, string> = {};
      for await (const { clientId, payload } of store.wills()) wills[clientId] = payload.toString();
      return wills;
    },
    async take(taken: TakenWill | undefined): Promise<void> {
      assert.ok(taken);
      for (const change of taken.changes) store.write(change);
      await store.flush();
    },
  };
}

const will = (payload: string) =>
  ({ topic: "gone", payload: Buffer.from(payload), qos: 1, retain: false, time: 0 }) as const;

/** The engine's object for one connection. */
const connection = (id = "device") => ({ id, closed: false });

test("a will is stored, and taken out once, with the change that removes it", async (t) => {
  const { persistence, stored, take } = await setUp(t);
  const client = connection();
  await persistence.putWill(client, will("a"));
  assert.deepEqual(await stored(), { device: "a" });
  const taken = persistence.wills.take("device", { client });
  assert.equal(persistence.wills.take("device", { client }), undefined);
  assert.deepEqual(await stored(), { device: "a" });
  await take(taken);
  assert.deepEqual(await stored(), {});
  assert.equal(persistence.wills.take("device", { client }), undefined);
});

test("the will of a connection that is taken over stays stored until it is published; then the new one is", async (t) => {
  const { persistence, stored, take } = await setUp(t);
  const [old, client] = [connection(), connection()];
  await persistence.putWill(old, will("old"));
  await persistence.delWill(client);
  await persistence.putWill(client, will("new"));
  assert.deepEqual(await stored(), { device: "old" });
  old.closed = true;
  await take(persistence.wills.take("device", { client: old }));
  assert.deepEqual(await stored(), { device: "new" });
  await persistence.delWill({ id: "device", brokerId: BROKER });
  assert.deepEqual(await stored(), { device: "new" });
  await take(persistence.wills.take("device", { client }));
  assert.deepEqual(await stored(), {});
});

test("when the old connection says DISCONNECT during a take-over, its will gives way to the new one", async (t) => {
  const { persistence, stored } = await setUp(t);
  const [old, client] = [connection(), connection()];
  await persistence.putWill(old, will("old"));
  await persistence.putWill(client, will("new"));
  old.closed = true;
  await persistence.delWill({ id: "device", brokerId: BROKER });
  assert.deepEqual(await stored(), { device: "new" });
  client.closed = true;
  await persistence.delWill({ id: "device", brokerId: BROKER });
  assert.deepEqual(await stored(), {});
});

test("a new connection that is over before the old one takes only its own will along", async (t) => {
  const { persistence, stored } = await setUp(t);
  const [old, client] = [connection(), connection()];
  await persistence.putWill(old, will("old"));
  await persistence.putWill(client, will("new"));
  client.closed = true;
  assert.deepEqual(persistence.wills.take("device", { client })?.changes, []);
  assert.deepEqual(await stored(), { device: "old" });
  old.closed = true;
  await persistence.delWill({ id: "device", brokerId: BROKER });
  assert.deepEqual(await stored(), {});
});

test("a will that could not be published can be taken again, unless the client has left another since", async (t) => {
  const { persistence, take } = await setUp(t);
  const client = connection();
  await persistence.putWill(client, will("a"));
  persistence.wills.take("device", { client })?.putBack();
  const taken = persistence.wills.take("device", { client });
  assert.ok(taken);
  const next = connection();
  await persistence.putWill(next, will("b"));
  taken.putBack();
  assert.equal(persistence.wills.take("device", { client }), undefined);
  await take(persistence.wills.take("device", { client: next }));
});

test("the end of a connection removes its own will, also when it was not taken; another client's stays", async (t) => {
  const { persistence, stored } = await setUp(t);
  const client = connection();
  await persistence.putWill(client, will("a"));
  await persistence.putWill(connection("other"), will("b"));
  await persistence.delWill({ id: "device", brokerId: BROKER });
  assert.deepEqual(await stored(), { device: "a", other: "b" });
  client.closed = true;
  await persistence.delWill({ id: "device", brokerId: BROKER });
  assert.deepEqual(await stored(), { other: "b" });
  assert.equal(persistence.wills.take("device", { client }), undefined);
});

test("CONNECT removes a will that an earlier run left behind, and no other", async (t) => {
  const { run, persistence, stored } = await setUp(t);
  await run(EARLIER).putWill(connection(), will("a"));
  await persistence.setup();
  await persistence.putWill(connection("other"), will("b"));
  for (const id of ["device", "other"]) await persistence.delWill(connection(id));
  assert.deepEqual(await stored(), { other: "b" });
  assert.equal(persistence.wills.take("device", { brokerId: EARLIER }), undefined);
});

test("a will that an earlier run left behind is taken once, by the name of that run", async (t) => {
  const { run, persistence, stored, take } = await setUp(t);
  await run(EARLIER).putWill(connection(), will("a"));
  await persistence.setup();
  assert.equal(persistence.wills.take("device", { brokerId: "another run" }), undefined);
  assert.equal(persistence.wills.take("device", { client: connection() }), undefined);
  await take(persistence.wills.take("device", { brokerId: EARLIER }));
  assert.equal(persistence.wills.take("device", { brokerId: EARLIER }), undefined);
  assert.deepEqual(await stored(), {});
});

test("the will of a client that has come back is not the one it had left behind", async (t) => {
  const { run, persistence, stored, take } = await setUp(t);
  await run(EARLIER).putWill(connection(), will("old"));
  await persistence.setup();
  const client = connection();
  await persistence.delWill(client);
  await persistence.putWill(client, will("new"));
  assert.equal(persistence.wills.take("device", { brokerId: EARLIER }), undefined);
  // What follows once the old one has been dealt with.
  await persistence.delWill({ id: "device", brokerId: EARLIER });
  assert.deepEqual(await stored(), { device: "new" });
  await take(persistence.wills.take("device", { client }));
});

test("left-behind wills are those of other runs that are over", async (t) => {
  const { run, persistence } = await setUp(t);
  await run(EARLIER).putWill(connection("left"), will("b"));
  await run("a run beside this one").putWill(connection("beside"), will("c"));
  await persistence.setup();
  await persistence.putWill(connection("mine"), will("a"));
  const found: unknown[] = [];
  for await (const { cmd, clientId, brokerId, payload } of persistence.streamWill({
    "a run beside this one": 1,
  }))
    found.push({ cmd, clientId, brokerId, payload: String(payload) });
  assert.deepEqual(found, [{ cmd: "publish", clientId: "left", brokerId: EARLIER, payload: "b" }]);
});

test("a left-behind will that may not be published is passed over and removed, and the others come", async (t) => {
  const { run, persistence, stored } = await setUp(t);
  for (const [id, topic] of [
    ["a", "a/#"],
    ["b", "$SYS/x"],
    ["c", "c"],
  ] as const)
    await run(EARLIER).putWill(connection(id), { ...will("x"), topic });
  await persistence.setup();
  const found: string[] = [];
  for await (const { clientId } of persistence.streamWill({})) found.push(clientId);
  assert.deepEqual(found, ["c"]);
  assert.deepEqual(await stored(), { c: "x" });
});

test("a store that takes nothing does not make CONNECT fail where the engine expects no failure", async (t) => {
  const { run, persistence, store } = await setUp(t);
  await run(EARLIER).putWill(connection(), will("a"));
  await persistence.setup();
  await store.close();
  await persistence.delWill(connection());
});
