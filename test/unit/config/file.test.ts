import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseFile, readFile } from "../../../src/config/file.js";

test("every value is found where it was written", () => {
  const { layer, faults } = parseFile(
    "c.yaml",
    "listen:\n  mqtt: 127.0.0.1:1\nbridge:\n  channels:\n    - channel: a\n      topics: [x,\n        y]\n",
  );
  assert.deepEqual(faults, []);
  assert.equal(layer?.locate(["listen"]), "c.yaml:1:1");
  assert.equal(layer?.locate(["listen", "mqtt"]), "c.yaml:2:3");
  assert.equal(layer?.locate(["bridge", "channels", 0, "channel"]), "c.yaml:5:7");
  assert.equal(layer?.locate(["bridge", "channels", 0, "topics", 1]), "c.yaml:7:9");
  assert.equal(layer?.locate(["bridge", "channels", 1]), undefined);
  assert.equal(layer?.locate(["listen", "http"]), undefined);
});

test("anchors and merged mappings are followed", () => {
  const { layer } = parseFile(
    "c.yaml",
    "mqtt: &base\n  maxInflight: 3\ngateway:\n  <<: *base\n  maxChannels: 4\n",
  );
  assert.deepEqual(layer?.value, { mqtt: { maxInflight: 3 }, gateway: { maxInflight: 3, maxChannels: 4 } });
  assert.equal(layer?.locate(["gateway", "maxInflight"]), "c.yaml:2:3");
});

test("keys that are set to nothing are not set", () => {
  for (const text of ["", "# only a comment\n", "mqtt:\ntls:\n", "mqtt:\n  # maxInflight: 3\n", "mqtt: ~\n"])
    assert.deepEqual(parseFile("c.yaml", text).layer?.value, {}, text);
  assert.deepEqual(parseFile("c.yaml", "mqtt: {maxInflight: }\n").layer?.value, { mqtt: {} });
});

test("a key that is set twice names both places", () => {
  const { layer, faults } = parseFile("c.yaml", "mqtt:\n  maxInflight: 1\n  maxInflight: 2\nmqtt: {}\n");
  assert.equal(layer, undefined);
  assert.deepEqual(faults, [
    { path: "mqtt.maxInflight", source: "c.yaml:3:3", message: "set twice; the first one is at c.yaml:2:3" },
    { path: "mqtt", source: "c.yaml:4:1", message: "set twice; the first one is at c.yaml:1:1" },
  ]);
});

const broken: [string, string, RegExp][] = [
  ["a list that is not closed", "log: [\nmqtt: {}\n", /^c\.yaml:2:1$/],
  ["a tab", "log:\n\tlevel: info\n", /^c\.yaml:2:1$/],
  ["a key without a colon", "log:\n  level: info\nmqtt\nlisten: {}\n", /^c\.yaml:3:1$/],
  ["an unknown tag", "log: !secret x\n", /^c\.yaml:1:6$/],
  ["two documents", "log: {}\n---\nmqtt: {}\n", /^c\.yaml:2:1$/],
  ["an anchor that is not there", "log: *nowhere\n", /^c\.yaml$/],
  ["an anchor that contains itself", "log: &a [*a]\n", /^c\.yaml$/],
  ["a list at the top", "- log\n", /^c\.yaml$/],
  ["a text at the top", "just words\n", /^c\.yaml$/],
];

for (const [what, text, source] of broken)
  test(`${what} is refused with its place`, () => {
    const { layer, faults } = parseFile("c.yaml", text);
    assert.equal(layer, undefined);
    assert.equal(faults.length, 1, JSON.stringify(faults));
    assert.match(faults[0]?.source ?? "", source);
    assert.doesNotMatch(faults[0]?.message ?? "", /\n/);
  });

test("anchors that multiply are stopped", () => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`,
  );
  const { layer, faults } = parseFile("c.yaml", `l0: &l0 [x]\n${levels.join("\n")}\n`);
  assert.equal(layer, undefined);
  assert.equal(faults.length, 1);
});

test("a file that cannot be read says why and what to do", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "causeway-config-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const missing = join(directory, "causeway.yaml");
  assert.match(readFile(missing).faults[0]?.message ?? "", /no such file; name an existing one/);
  assert.match(readFile(directory).faults[0]?.message ?? "", /this is a directory/);
  assert.equal(readFile(missing).faults[0]?.source, missing);
});
