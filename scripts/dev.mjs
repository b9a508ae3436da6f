/* `npm run dev [-- FLAGS]`: serves, and on every change builds what it concerns and restarts. */
import "./lib/node-version.mjs";
import { watch } from "node:fs";
import { say } from "./lib/child.mjs";
import { onOrphaned } from "./lib/orphan.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { buildStale, SOURCES } from "./lib/parts.mjs";
import { inRoot } from "./lib/root.mjs";
import { launch, stop } from "./lib/server.mjs";

/** An editor that saves, or a checkout, touches several files in a row. */
const SETTLE = 150;

const flags = process.argv.slice(2);
let watchers = [];
let server;
let ending = false;
let building = false;
let changed = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
const unwatch = onOrphaned(end);
await ensurePackages();
watchers = SOURCES.map((directory) => watch(inRoot(directory), { recursive: true }, onChange));
await rebuild();

function onChange(_event, name) {
  if (name && /(^|[/\\])(dist|node_modules)([/\\]|$)/.test(name)) return;
  changed = true;
  setTimeout(() => changed && rebuild(), SETTLE);
}

/** One at a time; what changes meanwhile is built next. A page is only built: the server reads its files anew. */
async function rebuild() {
  if (building || ending) return;
  building = true;
  do {
    changed = false;
    const { built, failed } = await buildStale();
    if (failed) say("Waiting for a change…");
    else if (!server?.running || built.some((name) => name !== "dashboard")) await restart();
    else if (built.length > 0) say("Reload the page.");
  } while (changed && !ending);
  building = false;
}

async function restart() {
  if (server) stop(server);
  await server?.ended;
  if (ending) return;
  server = launch(["serve", ...flags], ["ignore", "inherit", "inherit", "ipc"]);
  const { ended } = server;
  ended.then(
    (code) => !ending && code !== 0 && say(`The server ended with code ${code}. Waiting for a change…`),
  );
}

function end() {
  if (ending) return;
  ending = true;
  unwatch();
  for (const watcher of watchers) watcher.close();
  if (server) stop(server);
}
