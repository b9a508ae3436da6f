import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { LimitedLog } from "../../../src/log/limited.js";
import { SlowClients } from "../../../src/mqtt/slow-clients.js";

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const lines: { client: string; reason: string; total: number; why: string }[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, slow: new SlowClients(new LimitedLog(log)), tick: (ms: number) => t.mock.timers.tick(ms) };
}

test("a slow client is listed with what happened to it, latest first", (t) => {
  const { slow, tick } = setUp(t);
  slow.note("a", "slowClient");
  slow.note("b", "queueFull");
  tick(2_000);
  slow.note("a", "slowClient");
  slow.note("a", "drainTimeout");
  assert.deepEqual(slow.list(), [
    { clientId: "a", counts: { slowClient: 2, drainTimeout: 1 }, firstAt: 1_000_000, lastAt: 1_002_000 },
    { clientId: "b", counts: { queueFull: 1 }, firstAt: 1_000_000, lastAt: 1_000_000 },
  ]);
});

test("it is logged at once, then at most once in ten seconds, with its name, the total and the key that bounds it", (t) => {
  const { slow, lines, tick } = setUp(t);
  for (let i = 0; i < 1_000; i++) slow.note("a", "storedQueueFull");
  assert.equal(lines.length, 1);
  tick(10_000);
  slow.note("a", "storedQueueFull");
  assert.deepEqual(
    lines.map(({ client, reason, total }) => [client, reason, total]),
    [
      ["a", "storedQueueFull", 1],
      ["a", "storedQueueFull", 1_001],
    ],
  );
  assert.match(String(lines[0]?.why), /mqtt\.maxQueuedMessages/);
});

test("who has been quiet for ten minutes is forgotten, and so is the quietest of too many", (t) => {
  const { slow, tick } = setUp(t);
  slow.note("quiet", "slowClient");
  tick(5 * 60_000);
  slow.note("other", "slowClient");
  tick(5 * 60_000);
  assert.deepEqual(
    slow.list().map(({ clientId }) => clientId),
    ["other"],
  );
  for (let i = 0; i < 1_000; i++) slow.note(`client ${i}`, "slowClient");
  assert.equal(slow.list().length, 1_000);
  assert.equal(slow.list().at(-1)?.clientId, "client 0");
});
