import { spawn } from "node:child_process";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MS = 30_000;

/** Runs a program to its end; it is ended when it takes too long. */
export function run(command: string, args: readonly string[], input?: string): Promise<Finished> {
  return started(command, args, input).finished;
}

/** A running program: its output so far can be waited for. */
export function started(command: string, args: readonly string[], input?: string) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], timeout: LIMIT_MS });
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    for (const watcher of watchers) watcher();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  const printed = (text: string | RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (typeof text === "string" ? !stdout.includes(text) : !text.test(stdout)) return;
        watchers.delete(look);
        resolve(stdout);
      };
      watchers.add(look);
      finished.then(
        () => reject(new Error(`${command} ended before it printed ${text}: ${stdout}${stderr}`)),
        reject,
      );
      look();
    });
  return { child, finished, printed };
}
