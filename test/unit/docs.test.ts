import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { referenceFiles } from "../../scripts/lib/reference.js";
import { listKeys } from "../../src/config/key.js";
import { loadConfig } from "../../src/config/load.js";
import type { ConfigInput } from "../../src/config/schema.js";

const root = join(import.meta.dirname, "..", "..");
const files = referenceFiles();

for (const [path, content] of Object.entries(files))
  test(`${path} is up to date with the schema (npm run docs writes it)`, () =>
    assert.equal(readFileSync(join(root, path), "utf8"), content));

test("every key and every variable is on the page, and is described", () => {
  const page = files["docs/reference/configuration.md"] ?? "";
  for (const { path, variable, node, section } of listKeys()) {
    assert.ok(node.description, `${path} has no description`);
    assert.ok(page.includes(`\`${path}\``), `${path} is not on the page`);
    if (variable && !section) assert.ok(page.includes(`\`${variable}\``), `${variable} is not on the page`);
  }
});

test("the page's example is a valid configuration", () => {
  const example = /```yaml\n([\s\S]+?)```/.exec(files["docs/reference/configuration.md"] ?? "")?.[1];
  assert.ok(example);
  const { config } = loadConfig({ env: {}, flags: parse(example) as ConfigInput });
  assert.equal(config.bridge.channels[0]?.publish?.qos, 1);
});

test("editors are told of a misspelt key at every level", () => {
  const closed = (node: Record<string, unknown>): boolean => {
    const children = [
      ...Object.values((node.properties ?? {}) as object),
      ...(node.items ? [node.items] : []),
    ];
    return (node.type !== "object" || node.additionalProperties === false) && children.every(closed);
  };
  assert.ok(closed(JSON.parse(files["docs/reference/causeway.schema.json"] ?? "{}")));
});
