import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Account } from "../../bench/load/plan.js";
import type { Document, ScenarioResult } from "../../bench/report/document.js";

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const LIMIT_MS = 120_000;

/** Runs the benchmark, with its temporary files in a directory that shows what is left behind. */
export async function bench(t: TestContext, args: readonly string[]) {
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

/** A round of one scenario that goes well. */
export async function shortRound(t: TestContext, name: string, peers: string): Promise<ScenarioResult> {
  const args = [name, "--rounds", "1", "--seconds", "1", "--json", "--peer", peers];
  const { code, stdout, stderr, left } = await (await bench(t, args)).finished;
  assert.equal(code, 0, stderr);
  assert.deepEqual(left, []);
  const [scenario] = (JSON.parse(stdout) as Document).scenarios;
  assert.ok(scenario);
  return scenario;
}

/** Something was delivered, and nothing is left out. */
export function requireAccount(account: Account | undefined, server: string): void {
  assert.ok(account, server);
  assert.ok(account.received > 0 && account.lost >= 0, server);
  assert.equal(account.received + account.lost, account.expected, server);
  assert.equal(account.foreign, 0, server);
}
