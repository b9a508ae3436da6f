import { chmodSync, existsSync } from "node:fs";
import { runQuietly, say } from "./child.mjs";
import { fingerprint, readStamp, writeStamp } from "./fingerprint.mjs";
import { inRoot } from "./root.mjs";

/*
 * What is built, in this order, each from its own sources. The compiler writes only what it compiles and the bundler
 * empties only dist/dashboard, so that the outputs below dist do not touch each other.
 */

const COMPILER = "node_modules/typescript/bin/tsc";
const BUNDLER = "node_modules/vite/bin/vite.js";
export const MAIN = "dist/main.js";

const parts = [
  {
    name: "simulator",
    inputs: ["devices/simulator", "tsconfig.base.json"],
    output: "devices/simulator/dist/.tsbuildinfo",
    command: (again) => [COMPILER, "-b", ...(again ? ["--force"] : []), "devices/simulator"],
  },
  {
    name: "broker",
    inputs: ["src", "devices/simulator", "tsconfig.base.json"],
    output: MAIN,
    command: (again) => [COMPILER, "-b", ...(again ? ["--force"] : []), "src"],
    // npx runs the file itself.
    after: () => chmodSync(inRoot(MAIN), 0o755),
  },
  {
    name: "dashboard",
    // It shares one file with the broker: what is a topic.
    inputs: ["dashboard", "src/mqtt/topics.ts", "tsconfig.base.json"],
    output: "dist/dashboard/index.html",
    command: () => [BUNDLER, "build", "--config", "dashboard/vite.config.ts", "--logLevel", "warn"],
  },
];

/** Directories whose files a part is built from. */
export const SOURCES = ["src", "devices/simulator", "dashboard"];

/** Builds the parts whose sources changed since they were built; ends the script when one cannot be. */
export async function ensureBuilt() {
  const { failed } = await buildStale();
  if (failed) process.exit(1);
}

/** The same, resolving to the names of the parts that were built and, at the first failure, of the one that was not. */
export async function buildStale() {
  const built = [];
  for (const part of parts) {
    const wanted = fingerprint([...part.inputs, "package-lock.json"]);
    const present = existsSync(inRoot(part.output));
    const stamp = `.cache/build/${part.name}`;
    if (present && readStamp(stamp) === wanted) continue;
    if (!(await build(part, !present))) return { built, failed: part.name };
    writeStamp(stamp, wanted);
    built.push(part.name);
  }
  return { built };
}

async function build({ name, command, output, after }, again) {
  say(`Building the ${name}…`);
  const code = await runQuietly(process.execPath, command(again));
  const missing = code === 0 && !existsSync(inRoot(output));
  if (code !== 0) say(`The ${name} could not be built; the reason is above.`);
  if (missing) say(`The ${name} was built, but ${output} is not there.`);
  if (code !== 0 || missing) return false;
  after?.();
  return true;
}
