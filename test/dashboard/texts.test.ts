import assert from "node:assert/strict";
import { test } from "node:test";
import { firstCommands } from "../../dashboard/model/commands.js";
import { ageText, countText, decimalsOf, rateText, valueText } from "../../dashboard/model/format.js";
import { inspect } from "../../dashboard/model/inspection.js";
import { jsonTokens } from "../../dashboard/model/json-tokens.js";
import { previewOf } from "../../dashboard/model/preview.js";
import { reasonText } from "../../dashboard/net/link.js";
import { readServerInfo } from "../../dashboard/net/server-info.js";

const PAGE = new URL("http://192.0.2.7:8080/");
const deep: unknown = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));

test("a preview is one line and never longer than its limit and an ellipsis", () => {
  assert.equal(
    previewOf({ kind: "json", value: { a: [1, "x", null], b: {} } }, 100),
    '{"a": [1, "x", null], "b": {}}',
  );
  assert.equal(previewOf({ kind: "json", value: 21.5 }, 100), "21.5");
  assert.equal(previewOf({ kind: "text", text: "" }, 100), "(empty)");
  assert.equal(previewOf({ kind: "binary", base64: "AP8=" }, 100), "binary, 2 bytes");
  const large = {
    kind: "json",
    value: { s: "x".repeat(1_000_000), list: Array(1_000_000).fill(1) },
  } as const;
  assert.equal(previewOf(large, 100).length, 101);
  assert.ok(previewOf({ kind: "json", value: deep }, 100).length <= 101);
});

test("the inspector shows JSON indented, and says what it cuts", () => {
  assert.deepEqual(inspect({ kind: "json", value: { a: 1 } }), { text: '{\n  "a": 1\n}' });
  assert.equal(inspect({ kind: "json", value: deep }).text, "(nested too deeply to be shown)");
  assert.match(inspect({ kind: "binary", base64: "AP8=" }).note ?? "", /Binary, 2 bytes/);
  const long = inspect({ kind: "text", text: "y".repeat(50_000) });
  assert.equal(long.text.length, 20_000);
  assert.match(long.note ?? "", /first 20,000 of 50,000 characters/);
});

test("coloured JSON is the same text", () => {
  const text = JSON.stringify({ 'k"ey': ["v: 1", -1.5e-7, true, null], n: {} }, null, 2);
  const tokens = jsonTokens(text);
  assert.equal(tokens.map((token) => token.text).join(""), text);
  const kinds = (kind: string) => tokens.filter((token) => token.kind === kind).map((token) => token.text);
  assert.deepEqual(kinds("key"), ['"k\\"ey"', '"n"']);
  assert.deepEqual(kinds("string"), ['"v: 1"']);
  assert.deepEqual(kinds("value"), ["-1.5e-7", "true", "null"]);
});

test("figures are short and true", () => {
  assert.deepEqual([0, 999, 12_345, 1_234_567].map(countText), ["0", "999", "12,345", "1.2M"]);
  assert.deepEqual([0, 0.04, 0.3, 9.94, 9.96, 1_240].map(rateText), [
    "0",
    "<0.1",
    "0.3",
    "9.9",
    "10",
    "1,240",
  ]);
  assert.deepEqual([4_510_007, 0.1 + 0.2, -2.71234567, 123_456.78, 1e-7, 0].map(valueText), [
    "4510007",
    "0.3",
    "-2.71235",
    "123456.8",
    "1.000e-7",
    "0",
  ]);
  assert.deepEqual([21.55, 3, 1e-9].map(decimalsOf), [2, 0, 6]);
  assert.deepEqual([0, 12_400, 200_000, 7_300_000, 4e8].map(ageText), ["now", "12 s", "3 min", "2 h", "4 d"]);
});

test("the server's answer is read, and whatever is missing is guessed", () => {
  const info = readServerInfo(
    {
      name: "causeway",
      version: "1.2.3",
      addresses: { mqtt: "127.0.0.1:1999" },
      mqttChannels: false,
      channels: ["a", 1],
    },
    PAGE,
  );
  assert.deepEqual(info, {
    version: "1.2.3",
    mqtt: { host: "127.0.0.1", port: "1999", secure: false },
    mqttChannels: false,
    channels: ["a"],
  });
  const guess = {
    version: undefined,
    mqtt: { host: "192.0.2.7", port: "1883", secure: false },
    mqttChannels: true,
    channels: [],
  };
  for (const answer of [undefined, null, "x", [], { addresses: 5 }])
    assert.deepEqual(readServerInfo(answer, PAGE), guess);
});

test("a listener on all addresses is reached at the page's own", () => {
  const hostOf = (mqtt: string, page = PAGE) => readServerInfo({ addresses: { mqtt } }, page).mqtt.host;
  assert.equal(hostOf("0.0.0.0:1883"), "192.0.2.7");
  assert.equal(hostOf("[::]:1883"), "192.0.2.7");
  assert.equal(hostOf("[::1]:1883"), "::1");
  assert.equal(hostOf("0.0.0.0:1883", new URL("http://[2001:db8::1]:8080/")), "2001:db8::1");
});

test("TLS is named where nothing else can be reached", () => {
  const mqttOf = (addresses: object, page = PAGE) => readServerInfo({ addresses }, page).mqtt;
  const secure = { host: "192.0.2.7", port: "8883", secure: true };
  assert.deepEqual(mqttOf({ mqtts: "0.0.0.0:8883" }), secure);
  assert.deepEqual(mqttOf({ mqtt: "127.0.0.1:1883", mqtts: "0.0.0.0:8883" }), secure);
  assert.equal(mqttOf({ mqtt: "0.0.0.0:1883", mqtts: "0.0.0.0:8883" }).port, "1883");
  const here = new URL("http://localhost:8080/");
  assert.equal(mqttOf({ mqtt: "127.0.0.1:1883", mqtts: "0.0.0.0:8883" }, here).port, "1883");
});

test("the commands name the broker wherever it is", () => {
  const here = firstCommands({ host: "127.0.0.1", port: "1883", secure: false }, "a/b", "{}");
  assert.equal(here.publish, "mosquitto_pub -h 127.0.0.1 -p 1883 -t a/b -m '{}'");
  assert.equal(here.simulate, "npx causeway simulate");
  const there = firstCommands({ host: "::1", port: "1999", secure: true }, "a", "1", "o'neil");
  assert.equal(
    there.publish,
    "mosquitto_pub -h ::1 -p 1999 --tls-use-os-certs -u 'o'\\''neil' -P PASSWORD -t a -m '1'",
  );
  assert.equal(there.simulate, "npx causeway simulate --url mqtts://[::1]:1999 -u 'o'\\''neil' -P PASSWORD");
});

test("reasons are told in words, unknown ones as they came", () => {
  assert.equal(reasonText(3001, "shutdown"), "the server is shutting down");
  assert.equal(reasonText(4999, "because"), "because");
  assert.equal(reasonText(4999, ""), "closed with code 4999");
});
