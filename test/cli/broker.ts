import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

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
  const directory = await mkdtemp(join(tmpdir(), "causeway-broker-"));
  scope.after(() => rm(directory, { recursive: true, force: true }));
  const [mqtt, ws] = await Promise.all([freePort(), freePort()]);
  const config = join(directory, "mosquitto.conf");
  await writeFile(
    config,
    `allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\nlistener ${mqtt} 127.0.0.1\nlistener ${ws} 127.0.0.1\nprotocol websockets\n`,
  );
  const broker = spawn("mosquitto", ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  scope.after(() => stop(broker));
  await ready(broker);
  return { mqtt: `mqtt://127.0.0.1:${mqtt}`, ws: `ws://127.0.0.1:${ws}/mqtt` };
}

async function ready(broker: ChildProcess): Promise<void> {
  if (!broker.stderr) throw new Error("the broker has no log");
  let log = "";
  for await (const line of createInterface(broker.stderr)) {
    if (/ running$/.test(line)) {
      broker.stderr.resume();
      return;
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
