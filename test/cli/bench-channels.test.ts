import assert from "node:assert/strict";
import { test } from "node:test";
import { requireAccount, shortRound } from "../helpers/bench.js";

/*
 * What the benchmark does with channels, but short. Its figures are another matter.
 */

/** Of a crowd, without those who stop reading. */
const READERS = 900;
/** Messages that a crowd by the clock gets before. */
const LEAD_IN = 600;

test("of a crowd only those count who go on reading, as fast as it goes", async (t) => {
  const { servers, skipped } = await shortRound(t, "crowd-saturated", "socketio,centrifugo");
  assert.deepEqual(
    [...servers, ...skipped].map(({ name }) => name),
    ["causeway", "socketio", "centrifugo"],
  );
  for (const { name, rounds } of servers) {
    const [round] = rounds;
    requireAccount(round?.account, name);
    assert.equal(round?.account?.expected, (round?.account?.sent ?? 0) * READERS, name);
    const { delivered = 0, rssBefore = 0, rssMost = 0 } = round?.figures ?? {};
    assert.ok(delivered > 0 && delivered <= 1, name);
    assert.ok(rssBefore > 0 && rssMost >= rssBefore, name);
  }
});

test("of a crowd only those count who go on reading, by the clock", async (t) => {
  const { servers } = await shortRound(t, "crowd", "none");
  const account = servers[0]?.rounds[0]?.account;
  requireAccount(account, "causeway");
  assert.equal(account?.expected, (account?.sent ?? 0) * READERS);
  assert.ok((account?.sent ?? 0) > LEAD_IN && (account?.latencySamples ?? 0) > 0);
});

test("idle sessions of channels are weighed", async (t) => {
  const { servers, goals } = await shortRound(t, "idle-channel", "none");
  const { idleKibAt10000 = 0, rss = 0, rssBefore = 0 } = servers[0]?.median ?? {};
  assert.ok(idleKibAt10000 > 0 && rss > rssBefore);
  assert.ok(goals.every(({ met }) => met !== undefined));
});

test("a page under load tells of its frames, and what has reached it", async (t) => {
  const { servers } = await shortRound(t, "page", "socketio");
  assert.deepEqual(
    servers.map(({ name }) => name),
    ["causeway", "socketio"],
  );
  for (const { name, median } of servers) {
    const { frameP50 = 0, frameP95 = 0, frameP99 = 0, frameMax = 0, quietFrameP99 = 0 } = median ?? {};
    assert.ok(frameP50 > 0 && frameP50 <= frameP95 && frameP95 <= frameP99 && frameP99 <= frameMax, name);
    assert.ok(quietFrameP99 > 0, name);
    const { publicationsPerSecond = 0, messagesPerSecond = 0, pageBusy = 0, p50 } = median ?? {};
    assert.ok(publicationsPerSecond > 0 && p50 !== undefined && messagesPerSecond > 0 && pageBusy > 0, name);
    assert.ok((median?.longTasks ?? -1) >= 0 && (median?.longestTask ?? -1) >= 0, name);
  }
});
