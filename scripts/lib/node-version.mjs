/*
 * Imported first by every script: an old Node would fail somewhere inside a dependency, with a message that names
 * neither Node nor its version. So nothing here is newer than what Node 14 can run.
 */
import { readFileSync } from "node:fs";
import { inRoot } from "./root.mjs";

const wanted = JSON.parse(readFileSync(inRoot("package.json"), "utf8")).engines.node;

if (isOlder(process.versions.node, wanted)) {
  process.stderr.write(
    `Causeway needs Node ${wanted}; this is ${process.versions.node}. Install a newer one from https://nodejs.org\n`,
  );
  process.exit(1);
}

/** For ranges of the form >=20 and >=20.19. */
function isOlder(version, range) {
  const has = numbers(version);
  const needs = numbers(range);
  const differs = needs.findIndex((part, index) => part !== has[index]);
  return differs !== -1 && has[differs] < needs[differs];
}

function numbers(text) {
  return text.match(/\d+/g).map(Number);
}
