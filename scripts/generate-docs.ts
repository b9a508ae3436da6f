/* `npm run docs`: writes the reference documents that are made from the configuration's schema. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { referenceFiles } from "./lib/reference.js";

const root = join(import.meta.dirname, "..");

for (const [path, content] of Object.entries(referenceFiles())) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  process.stdout.write(`${path}\n`);
}
