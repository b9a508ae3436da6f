import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, meantValue, nearest } from "../../../src/config/suggest.js";

const words: [string, string, number][] = [
  ["", "", 0],
  ["abc", "abc", 0],
  ["", "abc", 3],
  ["abc", "", 3],
  ["abc", "abd", 1],
  ["abc", "ab", 1],
  ["abc", "xabc", 1],
  ["abc", "acb", 1],
  ["kitten", "sitting", 3],
  ["listen", "silent", 4],
];

for (const [from, to, steps] of words)
  test(`"${from}" and "${to}" are ${steps} apart, both ways`, () => {
    assert.equal(distance(from, to), steps);
    assert.equal(distance(to, from), steps);
  });

test("the nearest candidate within reach is meant", () => {
  const keys = ["maxConnections", "maxPacketSize", "maxInflight"];
  assert.equal(nearest("maxPacketSiz", keys), "maxPacketSize");
  assert.equal(nearest("max_packet_size", keys), "maxPacketSize");
  assert.equal(nearest("MAX-INFLIGHT", keys), "maxInflight");
  assert.equal(nearest("keepalive", keys), undefined);
  assert.equal(nearest("x", ["y"]), "y");
  assert.equal(nearest("xy", ["ab"]), undefined);
  assert.equal(nearest("anything", []), undefined);
});

test("values of the wrong form are understood", () => {
  assert.equal(meantValue("yes", "boolean"), "true");
  assert.equal(meantValue("Off", "boolean"), "false");
  assert.equal(meantValue("ture", "boolean"), "true");
  assert.equal(meantValue(1883, "address"), "127.0.0.1:1883");
  assert.equal(meantValue(":8080", "address"), "127.0.0.1:8080");
  assert.equal(meantValue("mqtt://10.0.0.1:1883", "address"), "10.0.0.1:1883");
  assert.equal(meantValue(70_000, "address"), undefined);
  assert.equal(meantValue("10 seconds", "duration"), "10s");
  assert.equal(meantValue("5MB", "size"), "5MiB");
  assert.equal(meantValue("5MB", "duration"), undefined);
  assert.equal(meantValue("5 sec", "size"), undefined);
  assert.equal(meantValue("100", "integer"), "100");
  assert.equal(meantValue("many", "integer"), undefined);
  assert.equal(meantValue("warning", "string", ["info", "warn"]), undefined);
  assert.equal(meantValue("Inof", "string", ["info", "warn"]), "info");
});
