import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fail, run, say } from "./child.mjs";

const BROWSER = {
  package: "chromium",
  commands: ["chromium"],
  instead: ["chromium-browser", "google-chrome", "google-chrome-stable"],
};
/** Programs that the tests run beside the broker: a real MQTT client, another broker, a real proxy, a real browser, a strict judge of certificates, a witness of what is synced. */
const TEST_TOOLS = [
  { package: "openssl", commands: ["openssl"] },
  { package: "mosquitto", commands: ["mosquitto"] },
  { package: "mosquitto-clients", commands: ["mosquitto_pub", "mosquitto_sub"] },
  { package: "strace", commands: ["strace"] },
  { package: "haproxy", commands: ["haproxy"] },
  BROWSER,
];
/** Servers that the benchmark compares with, and the browser that it puts under load. */
export const BENCH_TOOLS = [
  { package: "mosquitto", commands: ["mosquitto"] },
  { package: "nats-server", commands: ["nats-server"] },
  BROWSER,
];
/** What these packages start on their usual ports, which nobody asked for and which `npm start` may need. */
const SERVICES = ["mosquitto", "nats-server", "haproxy"];
const LISTS = "/var/lib/apt/lists";

/** Installs the Debian packages that are missing; without the right to, says how to get them and fails. */
export async function ensureCommands(tools = TEST_TOOLS, who = "The tests") {
  const missing = missingPackages(tools);
  if (missing.length === 0) return;
  const manual = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (!find("apt-get"))
    fail(
      `${who} need programs that are not on the path: ${namesOf(tools, missing)}. Install them with this system's package manager.`,
    );
  const prefix = rootPrefix();
  if (!prefix)
    fail(
      `${who} need Debian packages that are missing: ${missing.join(", ")}. Install them with:\n  sudo ${manual}`,
    );
  say(`Installing Debian packages: ${missing.join(", ")}…`);
  if (!(await installPackages(prefix, missing)))
    fail(`They could not be installed. Try it by hand:\n  sudo ${manual}`);
  for (const service of SERVICES.filter((name) => missing.includes(name))) await stopService(prefix, service);
  const still = missingPackages(tools);
  if (still.length > 0)
    fail(`apt-get succeeded, but these are still not on the path: ${namesOf(tools, still)}.`);
}

function missingPackages(tools) {
  return tools
    .filter(({ commands, instead = [] }) => !commands.every(find) && !instead.some(find))
    .map((tool) => tool.package);
}

function namesOf(tools, packages) {
  return tools
    .filter((tool) => packages.includes(tool.package))
    .map(({ commands }) => commands.join(" and "))
    .join(", ");
}

/** Debian keeps servers in directories that are not on everybody's path. */
function find(command) {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** How to run a command as root: nothing to add, sudo without a password, or not at all. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return find("sudo") && spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n"] : undefined;
}

async function installPackages(prefix, packages) {
  const aptGet = (...args) => {
    const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
    return run(command, rest, { stdio: ["ignore", 2, 2] });
  };
  const install = () => aptGet("install", "-y", "-q", "--no-install-recommends", ...packages);
  const hasLists =
    existsSync(LISTS) &&
    readdirSync(LISTS).some((name) => name.endsWith("Packages") || /Packages\./.test(name));
  if (hasLists && (await install()) === 0) return true;
  // Lists that are missing or out of date name files that a mirror no longer has.
  return (await aptGet("update", "-q")) === 0 && (await install()) === 0;
}

async function stopService(prefix, service) {
  if (!existsSync("/run/systemd/system")) return;
  const [command, ...rest] = [...prefix, "systemctl", "disable", "--now", service];
  await run(command, rest, { stdio: ["ignore", 2, 2] });
}
