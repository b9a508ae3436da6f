import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { Document } from "../../bench/report/document.js";
import { bench, requireAccount } from "../helpers/bench.js";

/*
 * The benchmark as it is run by hand, but short: that it measures at all and accounts for every message. Its figures are another matter.
 */

/** Of the fan-out scenarios. */
const SUBSCRIBERS = 100;
/** Processes that were started with the directory as theirs for temporary files. */
function processesAt(directory: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(`TMPDIR=${directory}\0`));
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return ""; // it has ended since, or is somebody else's
  }
}

test("a short run accounts for every message, as JSON", async (t) => {
  const { finished } = await bench(t, [
    "fan-out-tcp",
    "--rounds",
    "1",
    "--seconds",
    "1",
    "--json",
    "--peer",
    "mosquitto,nats",
  ]);
  const { code, stdout, stderr, left } = await finished;
  assert.equal(code, 0, stderr);
  const document = JSON.parse(stdout) as Document;
  assert.match(document.machine.node, /^v\d+\./);
  assert.ok(document.remarks.some((remark) => remark.includes("too short")));
  const [scenario, ...others] = document.scenarios;
  assert.ok(scenario);
  assert.deepEqual(others, []);
  assert.equal(scenario.name, "fan-out-tcp");
  assert.deepEqual([scenario.rounds, scenario.seconds, scenario.window], [1, 1, 1000]);
  assert.deepEqual(scenario.failures, []);
  const names = [...scenario.servers, ...scenario.skipped].map(({ name }) => name);
  assert.deepEqual(names, ["causeway", "mosquitto", "nats"]);
  for (const { name, rounds, median, ratios } of scenario.servers) {
    const [round] = rounds;
    assert.ok(round?.account && median, name);
    requireAccount(round.account, name);
    assert.equal(round.account.expected, round.account.sent * SUBSCRIBERS, name);
    const { p50 = 0, p99 = 0, max = 0, cpuPerDelivery = 0, rss = 0, peakRss = 0 } = round.figures;
    assert.ok(round.account.latencySamples > 0 && p50 > 0 && p50 <= p99 && p99 <= max, name);
    assert.ok(cpuPerDelivery > 0 && rss > 0 && peakRss >= rss, name);
    assert.equal(ratios === undefined, name === "causeway");
  }
  assert.deepEqual(left, []);
});

test("a run of the channel protocol counts joined frames and leaves its pings out", async (t) => {
  const { finished } = await bench(t, [
    "fan-out-channel",
    "--rounds",
    "1",
    "--seconds",
    "1",
    "--json",
    "--peer",
    "none",
  ]);
  const { code, stdout, stderr } = await finished;
  assert.equal(code, 0, stderr);
  const [scenario] = (JSON.parse(stdout) as Document).scenarios;
  requireAccount(scenario?.servers[0]?.rounds[0]?.account, "causeway");
});

test("a run at QoS 2 loses nothing", async (t) => {
  const args = ["fan-in-qos2", "--rounds", "1", "--seconds", "1", "--json", "--peer", "none"];
  const { code, stdout, stderr } = await (await bench(t, args)).finished;
  assert.equal(code, 0, stderr);
  const [scenario] = (JSON.parse(stdout) as Document).scenarios;
  const round = scenario?.servers[0]?.rounds[0];
  requireAccount(round?.account, "causeway");
  assert.equal(round?.account?.lost, 0);
  assert.ok((round?.figures.ackP99 ?? 0) > 0);
});

test("a run by the clock times every delivery", async (t) => {
  const args = ["steady-websocket", "--rounds", "1", "--seconds", "1", "--json", "--peer", "none"];
  const { code, stdout, stderr } = await (await bench(t, args)).finished;
  assert.equal(code, 0, stderr);
  const [scenario] = (JSON.parse(stdout) as Document).scenarios;
  assert.ok(scenario);
  assert.equal(scenario.window, undefined);
  for (const { name, rounds } of scenario.servers) {
    const account = rounds[0]?.account;
    requireAccount(account, name);
    assert.equal(account?.lost, 0, name);
    assert.ok((account?.latencySamples ?? 0) > 50 * SUBSCRIBERS, name);
  }
});

test("a subscriber beside a frozen one is accounted for", async (t) => {
  const args = ["frozen-tcp-qos1-kept", "--rounds", "1", "--seconds", "1", "--json", "--peer", "none"];
  const { code, stdout, stderr } = await (await bench(t, args)).finished;
  assert.equal(code, 0, stderr);
  const [scenario] = (JSON.parse(stdout) as Document).scenarios;
  const round = scenario?.servers[0]?.rounds[0];
  requireAccount(round?.account, "causeway");
  const { delivered = 0, longestGap = 0, rssGrowth = -1 } = round?.figures ?? {};
  assert.ok(delivered > 0 && delivered <= 1 && longestGap > 0 && rssGrowth >= 0);
  assert.deepEqual(
    scenario?.goals.map(({ figure, met }) => [figure, typeof met]),
    [
      ["delivered", "boolean"],
      ["longestGap", "boolean"],
    ],
  );
});

test("an interrupted run ends what it started and leaves nothing behind", async (t) => {
  const args = ["fan-out-tcp", "--rounds", "2", "--seconds", "1", "--peer", "none"];
  const { child, finished, directory } = await bench(t, args);
  await once(createInterface({ input: child.stderr }), "line");
  child.kill("SIGINT");
  const { code, stdout, stderr, left } = await finished;
  assert.equal(code, 130);
  assert.equal(stderr.split("\n").length, 1, "the second round was not finished");
  assert.equal(stdout, "");
  assert.deepEqual(left, []);
  assert.deepEqual(processesAt(directory), []);
});

for (const [args, message] of [
  [["fan-up"], /there is no scenario "fan-up"; there are fan-out-tcp/],
  [["--rounds", "0"], /--rounds is "0"; it must be a whole number from 1 to 20/],
  [["--peer", "emqx"], /there is no "emqx"; there are mosquitto/],
  [["--write", "--profile", "x"], /not written down/],
] as const)
  test(`bench ${args.join(" ")} is refused in one line`, async (t) => {
    const { code, stdout, stderr } = await (await bench(t, args)).finished;
    assert.equal(code, 64);
    assert.equal(stdout, "");
    assert.match(stderr, message);
    assert.equal(stderr.split("\n").length, 1);
  });
