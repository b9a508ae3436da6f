/* Builds what changed: the simulator, the broker, the dashboard. */
import "./lib/node-version.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { ensureBuilt } from "./lib/parts.mjs";

await ensurePackages();
await ensureBuilt();
