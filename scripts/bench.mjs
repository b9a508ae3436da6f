/* `npm run bench -- SCENARIO`: builds what changed and measures it; `--install` installs what to compare with first. */
import "./lib/node-version.mjs";
import { run } from "./lib/child.mjs";
import { BENCH_TOOLS, ensureCommands } from "./lib/commands.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { ensureBuilt } from "./lib/parts.mjs";

const INSTALL = "--install";
const args = process.argv.slice(2);

await ensurePackages();
if (args.includes(INSTALL)) await ensureCommands(BENCH_TOOLS, "The peers of the benchmark");
await ensureBuilt();
process.exitCode = await run(process.execPath, [
  "--import",
  "tsx",
  "bench/main.ts",
  ...args.filter((arg) => arg !== INSTALL),
]);
