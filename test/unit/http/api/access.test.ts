import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test } from "node:test";
import { Access } from "../../../../src/http/api/access.js";
import { ApiError } from "../../../../src/http/api/error.js";

function statusOf(access: Access, headers: IncomingHttpHeaders): number {
  try {
    access.admit(headers);
    return 200;
  } catch (error) {
    assert.ok(error instanceof ApiError);
    return error.status;
  }
}

describe("without keys", () => {
  const access = new Access({ keys: [], loopbackOnly: true, host: "0:0:0:0:0:0:0:1" });
  const hosts: [string | undefined, number][] = [
    ["127.0.0.1", 200],
    ["127.255.0.9:65535", 200],
    ["localhost", 200],
    ["[::1]", 200],
    ["[0:0:0:0:0:0:0:1]:8080", 200],
    [undefined, 403],
    ["", 403],
    [":8080", 403],
    ["[]", 403],
    ["127.0.0", 403],
    ["127.0.0.1.", 403],
    ["0127.0.0.1", 403],
    ["localhost:", 403],
    ["localhost:123456", 403],
    ["a localhost", 403],
  ];
  for (const [host, status] of hosts)
    test(`Host ${JSON.stringify(host)} is ${status}`, () =>
      assert.equal(statusOf(access, host === undefined ? {} : { host }), status));

  test("nobody is let in where others can reach the server", () => {
    const open = new Access({ keys: [], loopbackOnly: false, host: "0.0.0.0" });
    assert.equal(statusOf(open, { host: "127.0.0.1" }), 401);
  });
});

describe("with keys", () => {
  const access = new Access({
    keys: ["a".repeat(16), "b".repeat(16)],
    loopbackOnly: true,
    host: "127.0.0.1",
  });
  test("each lets in, and is told apart for the log", () => {
    assert.equal(access.admit({ authorization: `Bearer ${"b".repeat(16)}` }), "api.keys[1]");
    assert.equal(access.admit({ "x-api-key": "a".repeat(16) }), "api.keys[0]");
  });
  test("loopback is not enough", () => assert.equal(statusOf(access, { host: "localhost" }), 401));
  test("a long header is no longer work", () =>
    assert.equal(statusOf(access, { authorization: `Bearer ${" ".repeat(15_000)}` }), 401));
});
