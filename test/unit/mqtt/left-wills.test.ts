import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { noAudit } from "../../../src/access/audit.js";
import { LimitedLog } from "../../../src/log/limited.js";
import { Access } from "../../../src/mqtt/access.js";
import { Counters } from "../../../src/mqtt/counters.js";
import { EnginePersistence } from "../../../src/mqtt/persistence.js";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import { TestGate } from "../../helpers/gate.js";

const known = { proof: "password", channels: [], scopes: new Set<never>(), unrestricted: false } as const;

test("a will that an earlier run left behind is published if its owner may, and dropped if not", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "causeway-wills-"));
  const store = new LevelStore({ directory });
  await store.open();
  t.after(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  const counters = new Counters();
  const lines: { client: string; user?: string; topic: string }[] = [];
  const gate = new TestGate().allow("anna", { publish: ["hers/#"] }).allow("", { publish: ["anybody"] });
  const log = pino({ level: "warn" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const access = new Access({
    gate,
    audit: noAudit,
    sessions: undefined as never, // is not asked about wills
    clients: undefined as never,
    counters,
    limitedLog: new LimitedLog(log),
    connectTimeout: 1_000,
    onStoreFailure: (error) => assert.ifError(error),
  });
  const context = { ownerOf: () => undefined, mayPublish: access.mayPublish.bind(access) };
  const earlier = new EnginePersistence(undefined as never, store, "an earlier run", context);
  const anna = { ...known, user: "anna" };
  const stated = { publish: ["secret"], subscribe: [], channels: new Map() };
  const wills = [
    ["a", anna, "hers/a"],
    ["b", anna, "secret"],
    ["c", undefined, "anybody"],
    ["d", undefined, "secret"],
    ["e", { ...anna, stated }, "secret"], // judged at CONNECT by a token that is not there now
    ["f", { ...known, user: "", unrestricted: true }, "secret"],
  ] as const;
  for (const [id, principal, topic] of wills)
    await earlier.putWill(
      { id, ...(principal && { principal }) },
      { topic, payload: Buffer.from("x"), qos: 1, retain: false },
    );
  const persistence = new EnginePersistence(undefined as never, store, "this run", context);
  await persistence.setup();
  const published: string[] = [];
  for await (const { clientId } of persistence.streamWill({})) published.push(clientId);
  assert.deepEqual(published, ["a", "c", "e", "f"]);
  assert.equal(counters.willsDenied, 2);
  assert.deepEqual(
    lines.map(({ client, user, topic }) => [client, user, topic]),
    [
      ["b", "anna", "secret"],
      ["d", undefined, "secret"],
    ],
  );
  const left: string[] = [];
  for await (const { clientId } of store.wills()) left.push(clientId);
  assert.deepEqual(left, ["a", "c", "e", "f"]);
});
