/* `npm run bench -- SCENARIO`: builds what changed and measures it. */
import "./lib/node-version.mjs";
import { run } from "./lib/child.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { ensureBuilt } from "./lib/parts.mjs";

await ensurePackages();
await ensureBuilt();
process.exitCode = await run(process.execPath, [
  "--import",
  "tsx",
  "bench/main.ts",
  ...process.argv.slice(2),
]);
