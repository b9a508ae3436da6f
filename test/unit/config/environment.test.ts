import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Environment, readEnvironment, takeEnvironment } from "../../../src/config/environment.js";
import { listKeys, variableOf } from "../../../src/config/key.js";

const keys = listKeys();
const read = (env: Environment) => readEnvironment(env, keys);

test("a variable's name is the key's path in upper snake case", () => {
  assert.equal(variableOf("mqtt.maxPacketSize"), "CAUSEWAY_MQTT_MAX_PACKET_SIZE");
  assert.equal(variableOf("log.level"), "CAUSEWAY_LOG_LEVEL");
  assert.equal(variableOf("allowAnonymous"), "CAUSEWAY_ALLOW_ANONYMOUS");
});

test("no two keys share a variable", () => {
  const names = keys.flatMap(({ variable }) => variable ?? []);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes("CAUSEWAY_BRIDGE_CHANNELS"));
});

describe("a text becomes what the key holds", () => {
  const cases: [string, string, unknown][] = [
    ["CAUSEWAY_MQTT_MAX_INFLIGHT", "20", { mqtt: { maxInflight: 20 } }],
    ["CAUSEWAY_MQTT_MAX_INFLIGHT", "many", { mqtt: { maxInflight: "many" } }],
    ["CAUSEWAY_ALLOW_ANONYMOUS", "true", { allowAnonymous: true }],
    ["CAUSEWAY_ALLOW_ANONYMOUS", "false", { allowAnonymous: false }],
    ["CAUSEWAY_ALLOW_ANONYMOUS", "yes", { allowAnonymous: "yes" }],
    ["CAUSEWAY_DATA", "007", { data: "007" }],
    ["CAUSEWAY_MQTT_CONNECT_TIMEOUT", "5s", { mqtt: { connectTimeout: "5s" } }],
    ["CAUSEWAY_MQTT_CONNECT_TIMEOUT", "5000", { mqtt: { connectTimeout: 5000 } }],
    [
      "CAUSEWAY_BRIDGE_CHANNELS",
      '[{"channel":"a","topics":["a/#"]}]',
      { bridge: { channels: [{ channel: "a", topics: ["a/#"] }] } },
    ],
    ["CAUSEWAY_BRIDGE_CHANNELS", "[unclosed", { bridge: { channels: "[unclosed" } }],
    ["CAUSEWAY_TLS", "{cert: a, key: b}", { tls: { cert: "a", key: "b" } }],
    ["CAUSEWAY_LOG_LEVEL", "", {}],
    ["CAUSEWAY_CONFIG", "file.yaml", {}],
    ["OTHER_LOG_LEVEL", "x", {}],
  ];
  for (const [name, text, value] of cases)
    test(`${name}=${text}`, () => {
      const { layer, faults } = read({ [name]: text });
      assert.deepEqual(layer.value, value);
      assert.deepEqual(faults, []);
    });
});

test("a key's variable wins over its section's, in whichever order they come", () => {
  const section = ["CAUSEWAY_LOG", "{level: warn, format: json}"] as const;
  const key = ["CAUSEWAY_LOG_LEVEL", "debug"] as const;
  for (const env of [Object.fromEntries([section, key]), Object.fromEntries([key, section])]) {
    const { layer } = read(env);
    assert.deepEqual(layer.value, { log: { level: "debug", format: "json" } });
    assert.equal(layer.locate(["log", "level"]), "CAUSEWAY_LOG_LEVEL");
    assert.equal(layer.locate(["log", "format"]), "CAUSEWAY_LOG");
    assert.equal(layer.locate(["mqtt"]), undefined);
  }
});

test("an unknown variable is a fault that shows no value", () => {
  const { faults } = read({ CAUSEWAY_LOG_LEVL: "hunter2", CAUSEWAY_WHATEVER: "hunter2" });
  assert.deepEqual(faults, [
    {
      path: "",
      source: "CAUSEWAY_LOG_LEVL",
      message: "this variable sets no key",
      suggestion: "CAUSEWAY_LOG_LEVEL",
    },
    { path: "", source: "CAUSEWAY_WHATEVER", message: "this variable sets no key; unset it" },
  ]);
});

test("the variables that Kubernetes makes for a service named causeway are left alone", () => {
  const { faults, layer } = read({
    CAUSEWAY_SERVICE_HOST: "10.0.0.1",
    CAUSEWAY_SERVICE_PORT: "1883",
    CAUSEWAY_SERVICE_PORT_MQTT: "1883",
    CAUSEWAY_PORT: "tcp://10.0.0.1:1883",
    CAUSEWAY_PORT_1883_TCP: "tcp://10.0.0.1:1883",
    CAUSEWAY_PORT_1883_TCP_PROTO: "tcp",
    CAUSEWAY_PORT_1883_TCP_PORT: "1883",
    CAUSEWAY_PORT_1883_TCP_ADDR: "10.0.0.1",
    CAUSEWAY_MQTT_SERVICE_HOST: "10.0.0.1",
  });
  assert.deepEqual(faults, []);
  assert.deepEqual(layer.value, {});
  assert.equal(read({ CAUSEWAY_PORT: "1883" }).faults.length, 1);
});

test("the variables are taken out of the environment, and the others stay", () => {
  const env: Record<string, string | undefined> = { CAUSEWAY_TOKENS_SECRET: "s".repeat(40), PATH: "/bin" };
  assert.deepEqual(takeEnvironment(env), { CAUSEWAY_TOKENS_SECRET: "s".repeat(40) });
  assert.deepEqual(env, { PATH: "/bin" });
});
