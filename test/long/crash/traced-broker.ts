import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Teardown } from "../../helpers/teardown.js";
import type { Address } from "./connection.js";

const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));
const CALLS =
  "openat,creat,write,pwrite64,writev,fdatasync,fsync,ftruncate,rename,renameat,renameat2,unlink,unlinkat";
const TRACE = ["-f", "-y", "-s", "0", "-e", `trace=${CALLS}`];

/** Why processes cannot be traced here; undefined when they can. */
export function tracingFault(): string | undefined {
  const { error, status, stderr } = spawnSync("strace", [...TRACE, "-o", "/dev/null", "true"], {
    encoding: "utf8",
  });
  if (error) return `strace cannot be run: ${error.message}`;
  return status === 0 ? undefined : `strace is refused: ${stderr.trim()}`;
}

interface Options {
  readonly data: string;
  /** Where the trace is written. */
  readonly trace: string;
  readonly config: string;
}

/** A broker under strace, so that it is known what it had on the disk when it was killed. */
export class TracedBroker implements Address {
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly #strace: ChildProcess;
  readonly #pid: number;
  readonly #trace: string;

  static async start(t: Teardown, { data, trace, config }: Options): Promise<TracedBroker> {
    const anyPort = "127.0.0.1:0";
    const serve = [MAIN, "serve", "--data", data, "--config", config, "--mqtt", anyPort, "--http", anyPort];
    const strace = spawn("strace", [...TRACE, "-o", trace, process.execPath, ...serve], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => strace.kill("SIGKILL"));
    for await (const line of createInterface({ input: strace.stdout })) {
      const { msg, pid, addresses } = JSON.parse(line) as {
        msg: string;
        pid: number;
        addresses: { mqtt: string };
      };
      if (msg !== "ready") continue;
      strace.stdout.resume();
      return new TracedBroker(strace, pid, addresses.mqtt, trace);
    }
    throw new Error("the broker ended before it was ready");
  }

  private constructor(strace: ChildProcess, pid: number, address: string, trace: string) {
    this.#strace = strace;
    this.#pid = pid;
    this.#trace = trace;
    const [host = "", port] = address.split(":");
    this.mqtt = { host, port: Number(port) };
  }

  /** SIGKILL; resolves to the trace. */
  async kill(): Promise<string> {
    const ended = once(this.#strace, "exit");
    process.kill(this.#pid, "SIGKILL");
    await ended;
    return await readFile(this.#trace, "utf8");
  }
}
