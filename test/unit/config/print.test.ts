import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { Key } from "../../../src/config/key.js";
import { loadConfig } from "../../../src/config/load.js";
import { printConfig, writeConfig } from "../../../src/config/print.js";
import type { ConfigInput } from "../../../src/config/schema.js";

const load = (flags: ConfigInput) => loadConfig({ env: {}, flags }).config;

test("what is printed reads back as the same configuration", () => {
  const config = load({
    allowAnonymous: true,
    listen: { mqtt: "[::1]:0" },
    mqtt: { connectTimeout: "1500ms", maxPacketSize: 65_537 },
    bridge: {
      linger: 0,
      channels: [
        { channel: "d:{id}", topics: ["d/{id}/#"], publish: { topic: "d/{id}/c" }, maxRate: "90/m" },
      ],
    },
  });
  const printed = printConfig(config);
  assert.deepEqual(load(parse(printed)), config);
  assert.match(printed, /^ {2}mqtt: "\[::1\]:0"$/m);
  assert.match(printed, /^ {2}connectTimeout: 1500ms$/m);
  assert.match(printed, /^ +maxRate: 90\/m$/m);
});

test("what is secret is masked", () => {
  const secret: Key = {
    path: "log.level",
    node: { type: "string", writeOnly: true },
    section: false,
    required: false,
  };
  const written = writeConfig(load({ log: { level: "debug" } }), [secret]) as { log: unknown };
  assert.deepEqual(written.log, { level: "********", format: "auto" });
});

test("of a list that is secret every item is masked, and an empty one stays what it is", () => {
  const keys = ["a-key-that-nobody-sees", "another-that-nobody-sees"];
  const printed = printConfig(load({ api: { keys } }));
  assert.deepEqual(parse(printed).api.keys, ["********", "********"]);
  assert.deepEqual(parse(printConfig(load({}))).api.keys, []);
});
