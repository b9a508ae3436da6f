import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { LineReader } from "./lines.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Time to end when asked to; after it a process is killed. */
const GRACE_MS = 10_000;

/** A process that was started here. */
export class Child {
  readonly pid: number;
  readonly output: LineReader;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.#exited = once(child, "close");
    this.output = new LineReader([child.stdout, child.stderr]);
    this.#exited.then(() => this.output.close());
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Asks it to end, and sees to it; false when it had to be killed. */
  async end(): Promise<boolean> {
    if (this.running) this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
    return this.#child.signalCode !== "SIGKILL";
  }

  kill(): void {
    if (this.running) this.#child.kill("SIGKILL");
  }
}

/** All processes of a benchmark, so that none is left behind. */
export class Children {
  readonly #running = new Set<Child>();
  #closed = false;

  constructor() {
    // Whatever way this process ends.
    process.once("exit", () => {
      for (const child of this.#running) child.kill();
    });
  }

  async start(command: string, args: readonly string[]): Promise<Child> {
    if (this.#closed) throw new Error("the benchmark is being ended");
    // Standard input stays open as long as this process lives, which the benchmark's own servers watch.
    const child = spawn(command, args, {
      cwd: ROOT,
      env: plainEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const spawned = once(child, "spawn");
    if (child.pid === undefined) await spawned;
    const started = new Child(child, child.pid ?? 0);
    this.#running.add(started);
    child.once("close", () => this.#running.delete(started));
    await spawned;
    return started;
  }

  /** A TypeScript file of the benchmark in a process of its own. */
  startScript(url: URL, args: readonly string[]): Promise<Child> {
    return this.start(process.execPath, ["--import", "tsx", fileURLToPath(url), ...args]);
  }

  /** Whether the benchmark is being ended. */
  get closed(): boolean {
    return this.#closed;
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => child.end()));
  }

  /** Ends all of them; no more can be started. */
  close(): Promise<void> {
    this.#closed = true;
    return this.endAll();
  }
}

/** Without what would change how Node or the servers under test behave. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => name !== "NODE_OPTIONS" && name !== "NODE_TEST_CONTEXT" && !name.startsWith("CAUSEWAY_"),
  );
  return Object.fromEntries(own);
}
