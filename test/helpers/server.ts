import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Teardown } from "./teardown.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** A server that is not ready by then will not become ready. */
const READY_MS = 60_000;

/** What a test's context offers for taking down what was set up. */
export interface ServerOptions {
  /** Written to a file as JSON, which is YAML too. */
  readonly config?: object;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where names of files in the configuration begin. */
  readonly directory?: string;
  /** Keep the data directory of an earlier server. */
  readonly data?: string;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export interface RunningServer {
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly http: { readonly host: string; readonly port: number };
  readonly addresses: Readonly<Record<string, string>>;
  readonly mqttUrl: string;
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly data: string;
  /** The file that `config` was written to. */
  readonly configuration: string | undefined;
  readonly pid: number;
  readonly log: readonly LogLine[];
  /** The first line, past or to come, that the predicate accepts. */
  logged(predicate: (line: LogLine) => boolean): Promise<LogLine>;
  /** Whether the process still runs. */
  readonly alive: boolean;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts the built server in a process of its own, on free ports and a directory of its own. */
export async function startServer(t: Teardown, options: ServerOptions = {}): Promise<RunningServer> {
  const home = await mkdtemp(join(tmpdir(), "causeway-test-"));
  const data = options.data ?? join(home, "data");
  const args = [
    "serve",
    "--data",
    data,
    "--mqtt",
    "127.0.0.1:0",
    "--http",
    "127.0.0.1:0",
    ...(options.args ?? []),
  ];
  const configuration = options.config && join(home, "causeway.yaml");
  if (configuration && options.config) {
    await writeFile(
      configuration,
      JSON.stringify({ ...anonymousBesideTokens(options.config), ...options.config }),
    );
    args.push("--config", configuration);
  }
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
  const server = new ServerProcess(child, data, configuration);
  t.after(async () => {
    await server.kill();
    await rm(home, { recursive: true, force: true });
  });
  await server.ready();
  return server;
}

class ServerProcess implements RunningServer {
  readonly data: string;
  readonly configuration: string | undefined;
  readonly log: LogLine[] = [];
  addresses: Readonly<Record<string, string>> = {};
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #errors = "";
  #watchers: (() => void)[] = [];

  constructor(child: ChildProcess, data: string, configuration: string | undefined) {
    this.#child = child;
    this.data = data;
    this.configuration = configuration;
    this.#exited = once(child, "exit");
    child.stderr?.on("data", (chunk) => {
      this.#errors += chunk;
    });
    if (child.stdout)
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.log.push(JSON.parse(line) as LogLine);
        for (const watcher of this.#watchers) watcher();
      });
  }

  async ready(): Promise<void> {
    const exited = this.#exited.then(() => {
      throw new Error(
        `the server ended before it was ready: ${this.#errors}${JSON.stringify(this.log.at(-1))}`,
      );
    });
    const line = await Promise.race([this.logged(({ msg }) => msg === "ready"), exited]);
    exited.catch(() => undefined);
    this.addresses = line.addresses as Record<string, string>;
  }

  logged(predicate: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const lines = this.log.map((line) => JSON.stringify(line)).join("\n");
        reject(new Error(`no such log line within ${READY_MS} ms; there were:\n${lines}\n${this.#errors}`));
      }, READY_MS);
      this.#exited.then(() => timer.unref()); // no line comes any more
      const look = () => {
        const line = this.log.find(predicate);
        if (!line) return;
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve(line);
      };
      this.#watchers.push(look);
      look();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get mqtt() {
    return split(this.addresses.mqtt);
  }

  get http() {
    return split(this.addresses.http);
  }

  get mqttUrl() {
    return `mqtt://${this.addresses.mqtt}`;
  }

  get httpUrl() {
    return `http://${this.addresses.http}`;
  }

  get wsUrl() {
    return `ws://${this.addresses.http}`;
  }

  async stop(): Promise<number | null> {
    if (this.alive) this.#child.kill("SIGTERM");
    await this.#exited;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.alive) this.#child.kill("SIGKILL");
    await this.#exited;
  }
}

function split(address = ""): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** Tokens of channel clients are tried beside MQTT clients that have none. */
function anonymousBesideTokens(config: object): object {
  return "tokens" in config ? { allowAnonymous: true } : {};
}
