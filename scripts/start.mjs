/* `npm start`: installs and builds what is missing, then serves. `--demo` simulates devices too. */
import "./lib/node-version.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { ensureBuilt } from "./lib/parts.mjs";
import { runServer } from "./lib/server.mjs";

const DEMO_DEVICES = 12;
const args = process.argv.slice(2);
const flags = args.filter((flag) => flag !== "--demo");

await ensurePackages();
await ensureBuilt();
process.exitCode = await runServer(flags, { devices: flags.length < args.length ? DEMO_DEVICES : 0 });
