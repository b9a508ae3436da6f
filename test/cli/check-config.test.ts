import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";

const main = join(import.meta.dirname, "..", "..", "dist", "main.js");

/** Runs the built command in a directory of its own that holds the file. */
function check(
  t: TestContext,
  text: string | undefined,
  flags: string[] = [],
  env: Record<string, string> = {},
) {
  const directory = mkdtempSync(join(tmpdir(), "causeway-check-"));
  t.after(() => rmSync(directory, { recursive: true }));
  if (text !== undefined) writeFileSync(join(directory, "causeway.yaml"), text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "check-config", ...flags], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const named = ["--config", "causeway.yaml"];

test("a valid file is named in one line, with exit code 0", (t) => {
  assert.deepEqual(check(t, "log: {level: warn}\n", named), {
    status: 0,
    stdout: "causeway.yaml is valid\n",
    stderr: "",
  });
});

test("the file may be named by the environment", (t) => {
  const { status, stdout } = check(t, "log: {level: warn}\n", [], { CAUSEWAY_CONFIG: "causeway.yaml" });
  assert.deepEqual([status, stdout], [0, "causeway.yaml is valid\n"]);
});

test("a file that nobody named is not read", (t) => {
  const { status, stdout } = check(t, "nonsense: true\n");
  assert.deepEqual([status, stdout], [0, "the configuration (no file, defaults and environment) is valid\n"]);
});

test("faults go to standard error, one line each, with exit code 78", (t) => {
  const { status, stdout, stderr } = check(t, "log: {level: loud}\nmqtt:\n  maxPacketSiz: 1MiB\n", named, {
    CAUSEWAY_MQTT_MAX_INFLIGHT: "none",
  });
  assert.equal(status, 78);
  assert.equal(stdout, "");
  assert.deepEqual(stderr.split("\n"), [
    'CAUSEWAY_MQTT_MAX_INFLIGHT mqtt.maxInflight: "none" is not a whole number from 1 to 65535',
    'causeway.yaml:1:7 log.level: "loud" is not one of fatal, error, warn, info, debug, trace or silent',
    "causeway.yaml:3:3 mqtt.maxPacketSiz: unknown key; did you mean mqtt.maxPacketSize?",
    "",
  ]);
});

test("a file that is not there is a fault of the configuration", (t) => {
  const { status, stderr } = check(t, undefined, named);
  assert.equal(status, 78);
  assert.match(stderr, /^causeway\.yaml: there is no such file; .*\n$/);
});

test("rules between topics and channels are judged too", (t) => {
  const { status, stderr } = check(
    t,
    'bridge: {channels: [{channel: "d:{id}", topics: ["d/#/x"]}]}\n',
    named,
  );
  assert.equal(status, 78);
  assert.match(stderr, /^causeway\.yaml:1:\d+ bridge\.channels\[0\]/);
});

test("schemas and topics of requests in rules are judged too, each fault with its line", (t) => {
  const text = `bridge:
  channels:
    - channel: "device:{id}"
      topics: ["devices/{id}/#"]
      publish:
        topic: "devices/{id}/commands"
        schema: { $ref: "https://example.com/command.json" }
      request:
        topic: "devices/{id}/requests"
        response: "devices/{id}/responses/{requestId}"
        schema: text
`;
  const whole = check(t, text.replace("schema: text", "schema: {}"), named);
  assert.equal(whole.status, 78);
  assert.match(
    whole.stderr,
    /^causeway\.yaml:7:9 bridge\.channels\[0\]\.publish\.schema: channel "device:\{id\}": publish schema: \$ref .*\n/,
  );
  assert.match(
    whole.stderr,
    /\ncauseway\.yaml:9:9 bridge\.channels\[0\]\.request\.topic: .* does not hold \{requestId\}.*\n$/,
  );
  const { stderr } = check(t, text, named);
  assert.equal(
    stderr,
    'causeway.yaml:11:9 bridge.channels[0].request.schema: "text" is not a JSON Schema, which is a mapping\n',
  );
});

test("--json is for programs, also when there are faults", (t) => {
  const valid = check(t, "log: {level: warn}\n", [...named, "--json"]);
  assert.deepEqual([valid.status, JSON.parse(valid.stdout)], [0, { valid: true, faults: [] }]);
  const faulty = check(t, "alowAnonymous: true\n", [...named, "--json"]);
  assert.equal(faulty.status, 78);
  assert.equal(faulty.stderr, "");
  assert.deepEqual(JSON.parse(faulty.stdout), {
    valid: false,
    faults: [
      {
        path: "alowAnonymous",
        message: "unknown key",
        source: "causeway.yaml:1:1",
        suggestion: "allowAnonymous",
      },
    ],
  });
});

test("--print writes a file that can be used as it is", (t) => {
  const { status, stdout } = check(t, "mqtt: {connectTimeout: 90000}\n", [...named, "--print"], {
    CAUSEWAY_LISTEN_MQTT: "127.0.0.1:0",
  });
  assert.equal(status, 0);
  const printed = parse(stdout);
  assert.equal(printed.mqtt.connectTimeout, "90s");
  assert.equal(printed.listen.mqtt, "127.0.0.1:0");
  assert.equal(printed.gateway.maxChannels, 128);
  const again = check(t, stdout, [...named, "--print"]);
  assert.equal(again.stdout, stdout);
});

test("who reads the output may go before it comes", async (t) => {
  const child = spawn(process.execPath, [main, "check-config", "--print"], {
    env: { PATH: process.env.PATH },
  });
  t.after(() => child.kill("SIGKILL"));
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  assert.deepEqual([code, said], [0, ""]);
});

test("an output that cannot be written is a line, and exit code 1", (t) => {
  const full = openSync("/dev/full", "w");
  t.after(() => closeSync(full));
  const { status, stderr } = spawnSync(process.execPath, [main, "check-config", "--print"], {
    env: { PATH: process.env.PATH },
    stdio: ["ignore", full, "pipe"],
    encoding: "utf8",
    timeout: 30_000,
  });
  assert.equal(status, 1);
  assert.match(stderr, /^causeway: cannot write the output: ENOSPC.*\n$/);
});

test("a flag that there is not is a mistake of use, not of configuration", (t) => {
  const { status, stderr } = check(t, undefined, ["--confg", "x"]);
  assert.equal(status, 64);
  assert.match(stderr, /--confg/);
});
