import { fileURLToPath } from "node:url";
import { run } from "../../helpers/command.js";
import type { LogLine } from "../../helpers/server.js";

const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));

/** Starts a server that must not become ready, and gives its exit code and its last log line. */
export async function refusal(data: string): Promise<{ code: number | null; message: string }> {
  const serve = ["serve", "--data", data, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const { code, stdout } = await run(process.execPath, [MAIN, ...serve]);
  const line = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as LogLine;
  return { code, message: line.msg };
}
