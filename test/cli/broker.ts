import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A test, or a whole file. */
export interface Scope {
  after(teardown: () => unknown): void;
}

/** The scope of a whole file; make it at the top level, for inside a hook `after` would belong to that hook. */
export function fileScope(): Scope {
  const teardowns: (() => unknown)[] = [];
  after(async () => {
    for (const teardown of teardowns.reverse()) await teardown();
  });
  return { after: (teardown) => teardowns.push(teardown) };
}

export interface BrokerUrls {
  readonly mqtt: string;
  readonly ws: string;
}

/** A broker of its own, on free ports, gone with its scope. */
export async function startBroker(scope: Scope): Promise<BrokerUrls> {
  const data = await mkdtemp(join(tmpdir(), "causeway-broker-"));
  scope.after(() => rm(data, { recursive: true, force: true }));
  const args = ["serve", "--data", data, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const broker = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  scope.after(() => stop(broker));
  const { mqtt, http } = await ready(broker);
  return { mqtt: `mqtt://${mqtt}`, ws: `ws://${http}/mqtt` };
}

/** The addresses in the line that says `ready`. */
async function ready(broker: ChildProcessByStdio<null, Readable, Readable>): Promise<Record<string, string>> {
  let log = "";
  broker.stderr.on("data", (chunk) => {
    log += chunk;
  });
  for await (const line of createInterface(broker.stdout)) {
    const { msg, addresses } = JSON.parse(line);
    if (msg === "ready") {
      broker.stdout.resume();
      return addresses;
    }
    log += `${line}\n`;
  }
  throw new Error(`the broker did not start:\n${log}`);
}

async function stop(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return;
  const gone = once(broker, "exit");
  broker.kill("SIGKILL");
  await gone;
}
