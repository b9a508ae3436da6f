import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/load.js";
import { servesMqttChannels } from "../../../src/config/mqtt-channels.js";
import type { ConfigInput } from "../../../src/config/schema.js";

const serves = (flags: ConfigInput) => servesMqttChannels(loadConfig({ env: {}, flags }).config);
const open = { channel: "open", topics: ["open/#"] };
const closed = { channel: "closed", topics: ["closed/#"], requireToken: true };

const named = { channel: "named", topics: ["named/#"], access: { subscribe: ["ann"] } };

test("topic filters are channels where nobody else can connect and nothing is kept for some", () => {
  assert.equal(serves({ bridge: { channels: [open] } }), true);
  assert.equal(serves({ bridge: { channels: [open, closed] } }), false);
  assert.equal(serves({ bridge: { channels: [open, named] } }), false);
  assert.equal(serves({ allowAnonymous: true, listen: { http: "0.0.0.0:8080" } }), false);
});

test("what the configuration says holds", () => {
  assert.equal(serves({ bridge: { channels: [closed], mqttChannels: true } }), true);
  assert.equal(serves({ bridge: { mqttChannels: false } }), false);
});
