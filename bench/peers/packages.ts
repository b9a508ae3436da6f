import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** The version of a package in node_modules; of this one without a name. */
export function packageVersion(name?: string): string {
  const { version } = JSON.parse(readFileSync(manifest(name), "utf8")) as { version: string };
  return version;
}

/** The command that installs the packages, or undefined when they are all there. */
export function installPackages(...names: readonly string[]): string | undefined {
  return names.every((name) => existsSync(manifest(name))) ? undefined : "npm install";
}

function manifest(name?: string): string {
  return fileURLToPath(new URL(name ? `node_modules/${name}/package.json` : "package.json", ROOT));
}
