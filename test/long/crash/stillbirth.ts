import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));

/** Starts a broker on the directory and kills it so soon that it may still be recovering its data. */
export async function stillbirth(data: string, milliseconds: number): Promise<void> {
  const anyPort = "127.0.0.1:0";
  const args = ["serve", "--data", data, "--mqtt", anyPort, "--http", anyPort];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: "ignore" });
  const ended = once(child, "exit");
  await Promise.race([ended, pause(milliseconds)]);
  child.kill("SIGKILL");
  await ended;
}
