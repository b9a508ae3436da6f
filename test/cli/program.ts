import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Teardown } from "../helpers/teardown.js";

const ENTRY = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** The program in a process of its own. */
export class Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #exit: Promise<number | null>;

  constructor(scope: Teardown, args: readonly string[], input?: Buffer | string) {
    this.child = spawn(process.execPath, ["--import", "tsx", ENTRY, ...args]);
    this.#exit = once(this.child, "close").then(([code]) => code as number | null);
    scope.after(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
      await this.#exit;
    });
    this.child.stdout.on("data", (chunk: Buffer) => this.#stdout.push(chunk));
    this.child.stderr.on("data", (chunk: Buffer) => this.#stderr.push(chunk));
    if (input !== undefined) this.child.stdin.end(input);
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** Until standard output holds it. */
  printed(text: string): Promise<void> {
    return this.#until("stdout", () => this.stdout.includes(text), text);
  }

  /** Until standard error holds it. */
  said(text: string): Promise<void> {
    return this.#until("stderr", () => this.stderr.includes(text), text);
  }

  /** The exit code; null after a signal. */
  exited(): Promise<number | null> {
    return this.#exit;
  }

  async #until(stream: "stdout" | "stderr", satisfied: () => boolean, text: string): Promise<void> {
    while (!satisfied()) {
      const ended = await Promise.race([
        once(this.child[stream], "data").then(() => false),
        this.#exit.then(() => true),
      ]);
      if (ended && !satisfied())
        throw new Error(
          `ended without ${JSON.stringify(text)} on ${stream}:\n${this.stdout}\n${this.stderr}`,
        );
    }
  }
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs it to its end. */
export async function run(
  scope: Teardown,
  args: readonly string[],
  input?: Buffer | string,
): Promise<Outcome> {
  const program = new Program(scope, args, input ?? "");
  const code = await program.exited();
  return { code, stdout: program.stdout, stderr: program.stderr };
}
