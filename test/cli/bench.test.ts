import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Document } from "../../bench/report/document.js";

/*
 * The benchmark as it is run by hand, but short: that it measures at all and accounts for every message. Its figures are another matter.
 */

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const LIMIT_MS = 120_000;

/** Runs the benchmark, with its temporary files in a directory that shows what is left behind. */
async function bench(t: TestContext, args: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "causeway-bench-test-"));
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], { env, timeout: LIMIT_MS });
  t.after(() => rm(directory, { recursive: true, force: true }));
  let stdout = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  const left = () => readdirSync(directory).filter((name) => name.startsWith("causeway-bench-"));
  const finished = once(child, "close").then(([code]) => ({
    code,
    stdout,
    stderr: lines.join("\n"),
    left: left(),
  }));
  return { child, finished, directory };
}

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
  const { finished } = await bench(t, ["fan-out-tcp", "--rounds", "1", "--seconds", "1", "--json"]);
  const { code, stdout, stderr, left } = await finished;
  assert.equal(code, 0, stderr);
  const document = JSON.parse(stdout) as Document;
  assert.equal(document.rounds, 1);
  assert.equal(document.seconds, 1);
  assert.match(document.machine.node, /^v\d+\./);
  assert.ok(document.remarks.some((remark) => remark.includes("too short")));
  const [scenario, ...others] = document.scenarios;
  assert.ok(scenario);
  assert.deepEqual(others, []);
  assert.equal(scenario.name, "fan-out-tcp");
  assert.deepEqual(scenario.failures, []);
  const names = [...scenario.servers, ...scenario.skipped].map(({ name }) => name);
  assert.deepEqual(names, ["causeway", "mosquitto"]);
  for (const { name, rounds, median, ratios } of scenario.servers) {
    const [round] = rounds;
    assert.ok(round && median, name);
    assert.ok(round.sent > 0, name);
    assert.equal(round.expected, round.sent * scenario.subscribers, name);
    assert.ok(round.lost >= 0, name);
    assert.equal(round.received + round.lost, round.expected, name);
    assert.equal(round.foreign, 0, name);
    assert.ok(
      round.latencySamples > 0 && round.p50 > 0 && round.p50 <= round.p99 && round.p99 <= round.max,
      name,
    );
    assert.ok(round.cpuPerDelivery > 0 && round.rss > 0 && round.peakRss >= round.rss, name);
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
  const round = (JSON.parse(stdout) as Document).scenarios[0]?.servers[0]?.rounds[0];
  assert.ok(round);
  assert.ok(round.received > 0);
  assert.equal(round.received + round.lost, round.expected);
  assert.ok(round.lost >= 0);
  assert.equal(round.foreign, 0);
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
  [["fan-in"], /there is no scenario "fan-in"; there are fan-out-tcp/],
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
