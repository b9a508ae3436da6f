import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Teardown } from "../helpers/teardown.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface BrokerUrls {
  readonly mqtt: string;
  readonly ws: string;
}

/** A broker of its own, on free ports, gone with its scope. */
export async function startBroker(scope: Teardown): Promise<BrokerUrls> {
  const data = await temporaryDirectory(scope, "broker");
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
