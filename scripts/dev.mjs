/* `npm run dev`: serves, and builds and restarts on every change. Ctrl-C ends all of it. */
import "./lib/node-version.mjs";
import { spawn } from "node:child_process";
import { say } from "./lib/child.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { buildStale, MAIN, WATCHERS } from "./lib/parts.mjs";
import { inRoot, root } from "./lib/root.mjs";

await ensurePackages();
await buildStale();

const flags = process.argv.slice(2);
const server = ["--watch", "--watch-preserve-output", inRoot(MAIN), "serve", ...flags];
const watchers = Object.entries({ ...WATCHERS, server }).map(([name, args]) => launch(name, args));

let ending = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, endAll);

/** In a process group of its own: the terminal's Ctrl-C must not overtake the order that is given here. */
function launch(name, args) {
  const stdio = ["ignore", name === "server" ? 1 : 2, 2];
  const child = spawn(process.execPath, args, { cwd: root, stdio, detached: true });
  child.once("exit", (code) => {
    if (ending) return;
    say(`The ${name} ended with code ${code}.`);
    process.exitCode = 1;
    endAll();
  });
  return { name, child };
}

function endAll() {
  if (ending) return;
  ending = true;
  for (const { name, child } of watchers) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    // The watching Node passes the signal on; the compiler's launcher does not, so its whole group gets it.
    process.kill(name === "server" ? child.pid : -child.pid, "SIGTERM");
  }
}
