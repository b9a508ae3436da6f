import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inRoot } from "./root.mjs";

/*
 * What an output was made from, as a hash of contents: times of files say nothing after a clone, a checkout or a copy.
 */

/** The hash of files and, recursively, of directories; names relative to the repository. */
export function fingerprint(inputs, ...extra) {
  const hash = createHash("sha1");
  for (const text of extra) hash.update(`${text}\0`);
  for (const name of inputs.flatMap(filesUnder))
    hash
      .update(`${name}\0`)
      .update(readFileSync(inRoot(name)))
      .update("\0");
  return hash.digest("hex");
}

/** The hash that was kept under the name, undefined when there is none. */
export function readStamp(file) {
  try {
    return readFileSync(inRoot(file), "utf8");
  } catch {
    return undefined;
  }
}

export function writeStamp(file, value) {
  mkdirSync(dirname(inRoot(file)), { recursive: true });
  writeFileSync(inRoot(file), value);
}

function filesUnder(name) {
  const stats = statSync(inRoot(name), { throwIfNoEntry: false });
  if (!stats) return [];
  if (!stats.isDirectory()) return [name];
  return readdirSync(inRoot(name))
    .filter((entry) => entry !== "dist" && entry !== "node_modules" && !entry.startsWith("."))
    .sort()
    .flatMap((entry) => filesUnder(join(name, entry)));
}
