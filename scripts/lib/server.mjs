import { spawn } from "node:child_process";
import { constants } from "node:os";
import { say } from "./child.mjs";
import { onOrphaned } from "./orphan.mjs";
import { MAIN } from "./parts.mjs";
import { inRoot } from "./root.mjs";

/** A signal that follows within this time is the same one: npm passes on what the terminal has sent already. */
const SAME_SIGNAL = 1_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Serves until it is told to stop; resolves to the server's exit code. With `devices`, that many are simulated once
 * the server is ready, and both end together.
 */
export async function runServer(flags, { devices = 0 } = {}) {
  const server = launch(["serve", ...flags], ["ignore", "inherit", "inherit", "ipc"]);
  const running = [server];
  const release = stopOnSignal(running);
  server.child.on("message", (message) => {
    if (message?.type !== "ready" || devices === 0 || running.length > 1) return;
    const url = urlOf(message.addresses.mqtt);
    // Its output goes to standard error: standard output is the server's log.
    const fleet = launch(["simulate", "--url", url, "--devices", String(devices)], ["ignore", 2, 2]);
    running.push(fleet);
    fleet.ended.then((code) => {
      if (server.running && !fleet.stopping)
        say(`The simulated devices ended with code ${code}, so the server ends too.`);
      stop(server);
    });
  });
  const code = await server.ended;
  const [, fleet] = running;
  const fleetFailed = fleet !== undefined && !fleet.stopping && !fleet.running;
  const fleetCode = fleet ? await endSoon(fleet) : 0;
  release();
  return code || (fleetFailed ? fleetCode : 0);
}

/** A command of Causeway in a process group of its own, so that Ctrl-C reaches it once: from here, and not from the terminal as well. */
export function launch(args, stdio) {
  const child = spawn(process.execPath, [inRoot(MAIN), ...args], { stdio, detached: true });
  const one = { child, stopping: false, running: true };
  one.ended = new Promise((resolve) => {
    const end = (code) => {
      one.running = false;
      resolve(code);
    };
    child.once("error", () => end(1));
    child.once("exit", (code, signal) => end(code ?? 128 + constants.signals[signal]));
  });
  return one;
}

export function stop(one) {
  if (one.stopping || !one.running) return;
  one.stopping = true;
  one.child.kill("SIGTERM");
}

/** The devices have nothing to finish that is worth a long wait. */
function endSoon(fleet) {
  stop(fleet);
  const timer = setTimeout(() => fleet.child.kill("SIGKILL"), 5_000);
  return fleet.ended.finally(() => clearTimeout(timer));
}

/** The first signal lets all finish their work; one that comes later does not wait for that. */
function stopOnSignal(running) {
  let first;
  // The devices go first, while there still is a server to take leave of; it follows them.
  const stopAll = () => {
    const [server, fleet] = running;
    if (fleet?.running) endSoon(fleet);
    else stop(server);
  };
  const onSignal = () => {
    first ??= Date.now();
    if (Date.now() - first > SAME_SIGNAL) for (const { child } of running) child.kill("SIGKILL");
    else stopAll();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const unwatch = onOrphaned(stopAll);
  return () => {
    unwatch();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

/** What a client on this machine connects to, also for a server that listens on every address. */
function urlOf(address) {
  return `mqtt://${address.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:")}`;
}
