import { readdirSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { inRoot, root } from "./root.mjs";

const LONG = join("test", "long") + sep;

/** The test files: those in test/long or all others, of which the filters name some by path, or by a part of it. */
export function testFiles({ long = false, filters = [] } = {}) {
  const all = filesUnder("test").filter(
    (name) => name.endsWith(".test.ts") && name.startsWith(LONG) === long,
  );
  if (filters.length === 0) return all;
  const named = filters.map((filter) => relative(root, resolve(filter)));
  return all.filter(
    (name) =>
      named.some((path) => name === path || name.startsWith(path + sep)) ||
      filters.some((part) => name.includes(part)),
  );
}

function filesUnder(directory) {
  return readdirSync(inRoot(directory), { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = join(directory, entry.name);
      return entry.isDirectory() ? filesUnder(name) : [name];
    });
}
