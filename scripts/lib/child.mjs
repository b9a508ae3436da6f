import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root } from "./root.mjs";

/*
 * Child processes in the foreground. A signal for the script ends its child too, also when it was sent to the script
 * alone, and the script then exits as the signal would have it.
 */

/** Runs to the end with the output on standard error, so that standard output stays the server's log. */
export const runQuietly = (command, args, options) =>
  run(command, args, { stdio: ["ignore", 2, 2], ...options });

/** Runs to the end; resolves to the exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    const stop = (signal) => {
      child.kill(signal);
      child.once("close", () => process.exit(128 + constants.signals[signal]));
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    const leave = () => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    };
    options.onSpawn?.(child);
    child.once("error", (error) => {
      leave();
      reject(error);
    });
    child.once("close", (code, signal) => {
      leave();
      resolve(signal ? 128 + constants.signals[signal] : code);
    });
  });
}

/** One line and exit code 1, for what the reader can do something about. */
export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

export function say(message) {
  process.stderr.write(`${message}\n`);
}
