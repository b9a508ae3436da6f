/* `npm test [-- FILTER...]`: from a fresh clone to node:test's summary. `--long` runs test/long instead. */
import "./lib/node-version.mjs";
import { availableParallelism } from "node:os";
import { fail, run, say } from "./lib/child.mjs";
import { ensureCommands } from "./lib/commands.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { ensureBuilt } from "./lib/parts.mjs";
import { testFiles } from "./lib/test-files.mjs";

const args = process.argv.slice(2);
const long = args.includes("--long");
const filters = args.filter((arg) => arg !== "--long");
const unknown = filters.find((arg) => arg.startsWith("-"));
if (unknown) fail(`npm test: unknown option ${unknown}. Usage: npm test -- [--long] [FILE or DIRECTORY...]`);

const files = testFiles({ long, filters });
if (files.length === 0) fail(`npm test: no test file matches ${filters.join(" ") || "test/long"}`);

await step("packages", ensurePackages);
await step("programs that tests use", ensureCommands);
await step("lint", () => tool("@biomejs/biome/bin/biome", "check", "."));
await step("build", ensureBuilt);
await step("types of the broker and the simulator", () => tool("typescript/bin/tsc", "-b"));
await step("types of the tests", () => tool("typescript/bin/tsc", "-p", "test"));
await step("types of the dashboard", () => tool("typescript/bin/tsc", "-p", "dashboard"));
say(`▸ ${files.length} test files`);
process.exitCode = await runTests();

async function step(name, work) {
  say(`▸ ${name}`);
  const start = performance.now();
  await work();
  say(`  ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

async function tool(path, ...args) {
  const code = await run(process.execPath, [`node_modules/${path}`, ...args], { env: plainEnvironment() });
  if (code !== 0) process.exit(code);
}

function runTests() {
  const concurrency = Math.min(2, availableParallelism());
  const runner = ["--import", "tsx", "--test", "--test-reporter=spec"];
  // What hangs is to be named, not waited for.
  const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${(long ? 60 : 5) * 60_000}`];
  return run(process.execPath, [...runner, ...limits, ...files], { env: plainEnvironment() });
}

/** Without what would change how Node, its test runner or the servers under test behave. */
function plainEnvironment() {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !["NODE_OPTIONS", "NODE_TEST_CONTEXT", "NODE_ENV"].includes(name) && !name.startsWith("CAUSEWAY_"),
  );
  return Object.fromEntries(own);
}
