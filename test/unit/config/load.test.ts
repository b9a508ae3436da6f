import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ConfigError, type Fault } from "../../../src/config/fault.js";
import { loadConfig, type Sources } from "../../../src/config/load.js";

/** A configuration file for the length of a test. */
function file(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "causeway-config-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const name = join(directory, "causeway.yaml");
  writeFileSync(name, text);
  return name;
}

const load = (sources: Partial<Sources>) => loadConfig({ env: {}, ...sources }).config;

function refusal(sources: Partial<Sources>): ConfigError {
  try {
    load(sources);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "the configuration was accepted" });
}

/** The lines of the refusal, with the temporary file called causeway.yaml. */
function linesOf(sources: Partial<Sources>): string[] {
  const { message } = refusal(sources);
  return message.replaceAll(sources.file ?? "\0", "causeway.yaml").split("\n");
}

test("nothing set gives the defaults, on loopback", () => {
  const config = load({});
  assert.deepEqual(config.listen.mqtt, { host: "127.0.0.1", port: 1883 });
  assert.deepEqual(config.listen.http, { host: "127.0.0.1", port: 8080 });
  assert.equal(config.mqtt.connectTimeout, 10_000);
  assert.equal(config.mqtt.maxPacketSize, 1_048_576);
  assert.equal(config.tls, undefined);
  assert.equal(config.allowAnonymous, undefined);
  assert.deepEqual(config.bridge.channels, []);
});

test("a flag wins over the environment, which wins over the file, key by key", (t) => {
  const name = file(
    t,
    "data: from-file\nlog: {level: error, format: pretty}\nmqtt: {maxInflight: 1}\nlisten: {http: 127.0.0.1:1}\n",
  );
  const { config, file: read } = loadConfig({
    file: name,
    env: { CAUSEWAY_LOG_LEVEL: "warn", CAUSEWAY_MQTT_MAX_INFLIGHT: "2", CAUSEWAY_LISTEN_HTTP: "127.0.0.1:2" },
    flags: { log: { level: "debug" }, listen: { http: "127.0.0.1:3" } },
  });
  assert.equal(read, name);
  assert.equal(config.data, "from-file");
  assert.deepEqual(config.log, { level: "debug", format: "pretty" });
  assert.equal(config.mqtt.maxInflight, 2);
  assert.equal(config.listen.http.port, 3);
});

test("a list replaces the one below it", (t) => {
  const name = file(
    t,
    "bridge: {channels: [{channel: a, topics: [a]}, {channel: b, topics: [b]}], linger: 1s}\n",
  );
  const config = load({ file: name, env: { CAUSEWAY_BRIDGE_CHANNELS: "[{channel: c, topics: [c]}]" } });
  assert.deepEqual(
    config.bridge.channels.map(({ channel }) => channel),
    ["c"],
  );
  assert.equal(config.bridge.linger, 1_000);
});

test("the file is named by --config, else by CAUSEWAY_CONFIG, and is never guessed", (t) => {
  const [flag, variable] = [file(t, "data: by-flag\n"), file(t, "data: by-variable\n")];
  assert.equal(load({ file: flag, env: { CAUSEWAY_CONFIG: variable } }).data, "by-flag");
  assert.equal(load({ env: { CAUSEWAY_CONFIG: variable } }).data, "by-variable");
  assert.equal(load({ env: { CAUSEWAY_CONFIG: "" } }).data, "./data");
});

test("the given flags are not changed by loading", () => {
  const flags = { log: { level: "warn", colour: "blue" } };
  refusal({ flags: flags as Sources["flags"] });
  assert.deepEqual(flags, { log: { level: "warn", colour: "blue" } });
});

describe("each fault is one line with its place, its value and what was expected", () => {
  const cases: [string, string, string][] = [
    [
      "a misspelt key",
      "mqtt:\n  maxPacketSiz: 1MiB\n",
      "causeway.yaml:2:3 mqtt.maxPacketSiz: unknown key; did you mean mqtt.maxPacketSize?",
    ],
    [
      "a key in the wrong section",
      "maxPacketSize: 1MiB\n",
      "causeway.yaml:1:1 maxPacketSize: unknown key; did you mean mqtt.maxPacketSize?",
    ],
    ["a misspelt section", "gatway: {}\n", "causeway.yaml:1:1 gatway: unknown key; did you mean gateway?"],
    [
      "a secret that is too short",
      "gateway: {apiKeys: [0123456789abcdef0, tooshort]}\n",
      "causeway.yaml:1:40 gateway.apiKeys[1]: the value (not shown) is not a text of at least 16 characters",
    ],
    ["a key like no other", "frobnicate: 1\n", "causeway.yaml:1:1 frobnicate: unknown key; remove it"],
    [
      "a misspelt key in a rule",
      "bridge:\n  channels:\n    - channel: a\n      topics: [a]\n      snapshots: true\n",
      "causeway.yaml:5:7 bridge.channels[0].snapshots: unknown key; did you mean bridge.channels[0].snapshot?",
    ],
    [
      "a port alone",
      "listen: {mqtt: 1883}\n",
      "causeway.yaml:1:10 listen.mqtt: 1883 is not HOST:PORT such as 127.0.0.1:1883, [::1]:1883 or 0.0.0.0:0 " +
        "(a port of 0 picks a free one); did you mean 127.0.0.1:1883?",
    ],
    [
      "a word where a number belongs",
      "mqtt: {maxInflight: lots}\n",
      'causeway.yaml:1:8 mqtt.maxInflight: "lots" is not a whole number from 1 to 65535',
    ],
    [
      "a number out of range",
      "mqtt: {maxInflight: 0}\n",
      "causeway.yaml:1:8 mqtt.maxInflight: 0 is not a whole number from 1 to 65535",
    ],
    [
      "a number in quotes",
      'mqtt: {maxInflight: "5"}\n',
      'causeway.yaml:1:8 mqtt.maxInflight: "5" is not a whole number from 1 to 65535; did you mean 5?',
    ],
    [
      "half a number",
      "mqtt: {maxInflight: 1.5}\n",
      "causeway.yaml:1:8 mqtt.maxInflight: 1.5 is not a whole number from 1 to 65535",
    ],
    [
      "a word where true or false belongs",
      "allowAnonymous: yes\n",
      'causeway.yaml:1:1 allowAnonymous: "yes" is not true or false; did you mean true?',
    ],
    [
      "a level that does not exist",
      "log: {level: inof}\n",
      'causeway.yaml:1:7 log.level: "inof" is not one of fatal, error, warn, info, debug, trace or silent; ' +
        "did you mean info?",
    ],
    [
      "a duration in words",
      "mqtt: {connectTimeout: 10 seconds}\n",
      'causeway.yaml:1:8 mqtt.connectTimeout: "10 seconds" is not a duration such as 500ms, 10s, 5m or 1h; ' +
        "did you mean 10s?",
    ],
    [
      "no time at all",
      "gateway: {connectTimeout: 0s}\n",
      'causeway.yaml:1:11 gateway.connectTimeout: "0s" is not a duration above zero',
    ],
    [
      "a size in powers of ten",
      "mqtt: {maxPacketSize: 5MB}\n",
      'causeway.yaml:1:8 mqtt.maxPacketSize: "5MB" is not a size such as 512B, 64KiB or 1MiB; did you mean 5MiB?',
    ],
    [
      "a packet larger than MQTT has",
      "mqtt: {maxPacketSize: 1GiB}\n",
      'causeway.yaml:1:8 mqtt.maxPacketSize: "1GiB" is not a size of at most 256MiB',
    ],
    [
      "a value where a section belongs",
      "mqtt: 5\n",
      "causeway.yaml:1:1 mqtt: 5 is not a mapping of keys to values",
    ],
    [
      "a section where a value belongs",
      "data: {path: x}\n",
      "causeway.yaml:1:1 data: a mapping is not a text that is not empty",
    ],
    [
      "a text where a list belongs",
      "bridge: {channels: [{channel: a, topics: a/b}]}\n",
      "causeway.yaml:1:34 bridge.channels[0].topics: a text is not a list of at least 1",
    ],
    [
      "an empty list",
      "bridge: {channels: [{channel: a, topics: []}]}\n",
      "causeway.yaml:1:34 bridge.channels[0].topics: an empty list is not a list of at least 1",
    ],
    [
      "a wrong item of a list",
      "bridge: {channels: [{channel: a, topics: [a, 5]}]}\n",
      "causeway.yaml:1:46 bridge.channels[0].topics[1]: 5 is not a text that is not empty",
    ],
    [
      "an origin without its scheme",
      "http: {origins: [dashboard.example]}\n",
      'causeway.yaml:1:18 http.origins[0]: "dashboard.example" is not an origin such as https://dashboard.example, or *',
    ],
    [
      "an origin that no URL can begin with",
      'http: {origins: ["https://[::x"]}\n',
      'causeway.yaml:1:18 http.origins[0]: "https://[::x" is not an origin such as https://dashboard.example, or *',
    ],
    [
      "a proxy by its name",
      "proxies: {trusted: [proxy.example]}\n",
      'causeway.yaml:1:21 proxies.trusted[0]: "proxy.example" is not an address or range such as 10.0.0.7, 10.0.0.0/8 or fd00::/8',
    ],
    [
      "a QoS that MQTT has not",
      "bridge: {channels: [{channel: a, topics: [a], publish: {topic: a, qos: 3}}]}\n",
      "causeway.yaml:1:67 bridge.channels[0].publish.qos: 3 is not 0, 1 or 2",
    ],
    [
      "a required key that is missing",
      "bridge: {channels: [{channel: a}]}\n",
      "causeway.yaml:1:21 bridge.channels[0].topics: missing; required: " +
        "MQTT topic filters that feed the channel; captures stand for levels.",
    ],
  ];
  for (const [what, text, line] of cases)
    test(what, (t) => assert.deepEqual(linesOf({ file: file(t, text) }), [line]));
});

test("a value from the environment or a flag names the variable or the flag", () => {
  assert.deepEqual(linesOf({ env: { CAUSEWAY_MQTT_MAX_INFLIGHT: "many" } }), [
    'CAUSEWAY_MQTT_MAX_INFLIGHT mqtt.maxInflight: "many" is not a whole number from 1 to 65535',
  ]);
  const flags = { log: { level: "loud" } } as unknown as NonNullable<Sources["flags"]>;
  assert.deepEqual(linesOf({ flags, flagNames: { "log.level": "--log-level" } }), [
    '--log-level log.level: "loud" is not one of fatal, error, warn, info, debug, trace or silent',
  ]);
  assert.match(linesOf({ flags })[0] ?? "", /^command line log\.level: /);
});

test("the source that won is the one at fault", (t) => {
  const name = file(t, "log:\n  level: info\n");
  assert.match(linesOf({ file: name, env: { CAUSEWAY_LOG_LEVEL: "x" } })[0] ?? "", /^CAUSEWAY_LOG_LEVEL /);
});

test("every fault of every source is reported at once, the file's in the order of its lines", (t) => {
  const name = file(t, "log: {level: loud}\nmqtt:\n  maxInflight: 0\nzzz: 1\nlisten: {http: nowhere}\n");
  const { faults } = refusal({
    file: name,
    env: { CAUSEWAY_NOPE: "1", CAUSEWAY_GATEWAY_MAX_CHANNELS: "-3" },
  });
  assert.deepEqual(
    faults.map(({ path, source }: Fault) => path || source),
    ["CAUSEWAY_NOPE", "gateway.maxChannels", "log.level", "mqtt.maxInflight", "zzz", "listen.http"],
  );
});

test("an unknown key does not hide what the checks find", (t) => {
  const name = file(t, "nonsense: 1\ngateway: {pingInterval: 5s, pongTimeout: 5s}\n");
  assert.deepEqual(
    refusal({ file: name }).faults.map(({ path }) => path),
    ["nonsense", "gateway.pongTimeout"],
  );
});

test("a file that is not there is a fault of its own", () => {
  const name = join(tmpdir(), "causeway-config-that-is-not-there.yaml");
  assert.deepEqual(linesOf({ file: name }), [
    "causeway.yaml: there is no such file; name an existing one, or leave it out to run with the defaults",
  ]);
});

test("checks of other modules take part, with the place of the key", (t) => {
  const name = file(t, "bridge:\n  channels:\n    - {channel: a, topics: [a, b]}\n");
  const seen: number[] = [];
  const lines = linesOf({
    file: name,
    checks: [
      ({ bridge }) => {
        seen.push(bridge.channels.length);
        return [{ path: "bridge.channels[0].topics[1]", message: "b is not wanted" }];
      },
    ],
  });
  assert.deepEqual(seen, [1]);
  assert.deepEqual(lines, ["causeway.yaml:3:32 bridge.channels[0].topics[1]: b is not wanted"]);
});

test("neither a pasted key nor a long value ends up in a message", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n";
  const pasted = refusal({ env: { CAUSEWAY_TLS_CERT: "nowhere.pem", CAUSEWAY_TLS_KEY: pem } });
  assert.match(pasted.message, /tls\.key: a text of several lines is not the name of a file/);
  assert.doesNotMatch(pasted.message, /MIIsecret/);
  const long = refusal({ env: { CAUSEWAY_LOG_LEVEL: "x".repeat(10_000) } });
  assert.ok(long.message.length < 300);
});
