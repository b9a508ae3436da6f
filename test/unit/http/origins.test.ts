import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Origins } from "../../../src/http/origins.js";

describe("http.origins", () => {
  const origins = new Origins([
    "https://dashboard.example",
    "https://*.wild.example",
    "http://*.ports.example:8080",
    "https://Default.Example:443",
  ]);
  const named: [string, boolean][] = [
    ["https://dashboard.example", true],
    ["https://DASHBOARD.example:443", true],
    ["http://dashboard.example", false],
    ["https://dashboard.example:8443", false],
    ["https://dashboard.example.evil.example", false],
    ["https://evildashboard.example", false],
    ["https://default.example", true],
    ["https://a.wild.example", true],
    ["https://a.b.wild.example", true],
    ["https://wild.example", false],
    ["https://evilwild.example", false],
    ["https://a.wild.example.evil", false],
    ["http://a.wild.example", false],
    ["https://a.wild.example:8443", false],
    ["http://x.ports.example:8080", true],
    ["http://x.ports.example", false],
  ];
  for (const [origin, is] of named)
    test(`${origin} is ${is ? "" : "not "}named`, () => assert.equal(origins.names(new URL(origin)), is));

  test("an asterisk alone is every origin", () => {
    assert.equal(new Origins(["*"]).any, true);
    assert.equal(origins.any, false);
  });

  test("a Host header is one of them whatever the scheme", () => {
    for (const host of ["dashboard.example", "x.ports.example:8080", "a.wild.example"])
      assert.equal(origins.hasHost(host), true, host);
    for (const host of ["evil.example", "dashboard.example:1", "", "a b", "wild.example"])
      assert.equal(origins.hasHost(host), false, host);
  });
});
