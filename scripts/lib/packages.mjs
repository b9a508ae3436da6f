import { existsSync, statSync } from "node:fs";
import { fail, runQuietly, say } from "./child.mjs";
import { fingerprint, readStamp, writeStamp } from "./fingerprint.mjs";
import { inRoot } from "./root.mjs";

const STAMP = "node_modules/.causeway-stamp";
const NETWORK_FAULT =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/;

/** Installs the npm packages unless those of the lock file are there. */
export async function ensurePackages() {
  // A binary addon built for another Node or machine does not load, so those count too.
  const wanted = fingerprint(["package-lock.json"], process.versions.modules, process.platform, process.arch);
  const installed = readStamp(STAMP);
  if (installed === wanted) return;
  if (installed !== undefined || !isInstalledByHand()) await install();
  writeStamp(STAMP, wanted);
}

/** Whether somebody ran npm ci since the lock file last changed. */
function isInstalledByHand() {
  const record = inRoot("node_modules/.package-lock.json");
  return existsSync(record) && statSync(record).mtimeMs >= statSync(inRoot("package-lock.json")).mtimeMs;
}

async function install() {
  say("Installing packages…");
  const [command, first] = npmCommand();
  let output = "";
  const code = await runQuietly(command, [...first, "ci", "--include=dev", "--loglevel=error"], {
    stdio: ["ignore", 2, "pipe"],
    onSpawn: ({ stderr }) =>
      stderr.on("data", (chunk) => {
        output = (output + chunk).slice(-100_000);
        process.stderr.write(chunk);
      }),
  });
  if (code === 0) return;
  if (NETWORK_FAULT.test(output))
    fail(
      "The npm registry cannot be reached, so the packages cannot be installed. Check the network or the proxy.",
    );
  fail("The packages could not be installed; npm's reason is above.");
}

/** The npm that started this script, else the one on the path. */
function npmCommand() {
  const started = process.env.npm_execpath;
  if (started && /npm-cli\.c?js$/.test(started)) return [process.execPath, [started]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", []];
}
