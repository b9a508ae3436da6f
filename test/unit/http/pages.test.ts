import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test } from "node:test";
import { peerOf, setPeer } from "../../../src/access/peer.js";
import { isReadOnly } from "../../../src/access/read-only.js";
import type { Pages } from "../../../src/http/pages.js";
import { pagesOf, requestOf } from "./support.js";

const PATH = "/mqtt";

function from(pages: Pages, headers: IncomingHttpHeaders, encrypted = false): string {
  const verdict = pages.judge(requestOf(headers, encrypted), PATH);
  return "from" in verdict ? verdict.from : "refused";
}

type Case = [headers: IncomingHttpHeaders, from: string, encrypted?: boolean];

describe("a server that others can reach", () => {
  const pages = pagesOf({ local: false, origins: ["https://dashboard.example"] });
  const host = "iot.example";
  const cases: Case[] = [
    [{ host }, "nowhere"],
    [{}, "nowhere"],
    [{ host, origin: "http://iot.example" }, "own"],
    [{ host: "iot.example:80", origin: "http://iot.example" }, "own"],
    [{ host: "IOT.example:8080", origin: "http://iot.example:8080" }, "own"],
    [{ host: "[fd00::1]:8080", origin: "http://[fd00::1]:8080" }, "own"],
    [{ host: "iot.example:8080", origin: "http://iot.example" }, "refused"],
    [{ host, origin: "https://iot.example" }, "own", true],
    [{ host: "iot.example:443", origin: "https://iot.example" }, "own", true],
    // A proxy ends TLS.
    [{ host, origin: "https://iot.example" }, "own"],
    [{ host, origin: "http://iot.example" }, "refused", true],
    [{ host, origin: "https://dashboard.example" }, "listed"],
    [{ host, origin: "https://evil.example" }, "refused"],
    [{ host, origin: "https://iot.example.evil.example" }, "refused"],
    [{ host, origin: "null" }, "refused"],
    [{ host, origin: "file://" }, "refused"],
    [{ host, origin: "" }, "refused"],
    [{ host, origin: "iot.example" }, "refused"],
    [{ host, origin: "http://localhost:5173" }, "refused"],
    [{ host, origin: "http://iot.example, http://evil.example" }, "refused"],
    [{ host: "a b", origin: "http://a b" }, "refused"],
    [{ origin: "http://iot.example" }, "refused"],
    // What a page embeds has no origin, but newer browsers tell.
    [{ host, "sec-fetch-site": "cross-site", "sec-fetch-dest": "script" }, "refused"],
    [{ host, "sec-fetch-site": "same-site", "sec-fetch-dest": "iframe" }, "refused"],
    [{ host, "sec-fetch-site": "cross-site", "sec-fetch-dest": "document" }, "nowhere"],
    [{ host, "sec-fetch-site": "same-origin" }, "nowhere"],
    [{ host, "sec-fetch-site": "none" }, "nowhere"],
  ];
  for (const [headers, expected, encrypted] of cases)
    test(`${JSON.stringify(headers)}${encrypted ? " over TLS" : ""}: ${expected}`, () =>
      assert.equal(from(pages, headers, encrypted), expected));
});

describe("a server of this machine alone", () => {
  const pages = pagesOf({ local: true, host: "127.0.0.1", origins: ["https://dashboard.example"] });
  const host = "127.0.0.1:8080";
  const cases: Case[] = [
    [{ host }, "nowhere"],
    [{ host, origin: "http://127.0.0.1:8080" }, "own"],
    [{ host: "localhost:8080", origin: "http://127.0.0.1:8080" }, "open"],
    [{ host, origin: "http://localhost:5173" }, "open"],
    [{ host, origin: "http://[::1]:5173" }, "open"],
    [{ host, origin: "file://" }, "refused"],
    [{ host, origin: "null" }, "refused"],
    [{ host, origin: "https://evil.example" }, "refused"],
    [{ host, origin: "http://127.0.0.1.evil.example" }, "refused"],
    // A name that is made to lead here: own to the browser.
    [{ host: "evil.example:8080", origin: "http://evil.example:8080" }, "refused"],
    [{ host: "evil.example:8080" }, "refused"],
    [{ host: "broker.lan:8080", upgrade: "websocket" }, "nowhere"],
    [{ host: "evil.example", origin: "http://evil.example", upgrade: "websocket" }, "refused"],
    [{ host: "dashboard.example", origin: "https://dashboard.example" }, "own"],
  ];
  for (const [headers, expected] of cases)
    test(`${JSON.stringify(headers)}: ${expected}`, () => assert.equal(from(pages, headers), expected));
});

test("a file that is opened on this machine may read, and that from /v3 only", () => {
  const host = "127.0.0.1:8080";
  for (const origin of ["null", "file://"]) {
    const request = requestOf({ host, origin, cookie: "causeway_session=x" });
    assert.deepEqual(pagesOf({ local: true }).judge(request, "/v3/"), { from: "file" });
    assert.equal(isReadOnly(request), true);
    assert.equal(request.headers.cookie, undefined);
    assert.ok("error" in pagesOf({ local: false }).judge(requestOf({ host, origin }), "/v3/"));
    const evil = requestOf({ host: "evil.example:8080", origin });
    assert.ok("error" in pagesOf({ local: true }).judge(evil, "/v3/"));
  }
  const page = requestOf({ host, origin: "http://localhost:5173" });
  pagesOf({ local: true }).judge(page, "/v3/");
  assert.equal(isReadOnly(page), false);
});

test("an asterisk lets every page in, but not with a cookie", () => {
  const pages = pagesOf({ local: true, origins: ["*"] });
  for (const origin of ["https://evil.example", "null", "file://"]) {
    const request = requestOf({ host: "iot.example", origin, cookie: "causeway_session=x" });
    assert.deepEqual(pages.judge(request, PATH), { from: "open" });
    assert.equal(request.headers.cookie, undefined);
  }
  const own = requestOf({ host: "a.example", origin: "http://a.example", cookie: "causeway_session=x" });
  assert.deepEqual(pages.judge(own, PATH), { from: "own" });
  assert.equal(own.headers.cookie, "causeway_session=x");
});

test("refused pages are counted by path, and told what to set", () => {
  const pages = pagesOf({ local: false });
  const origin = `https://${"e".repeat(500)}.example`;
  for (const path of ["/mqtt", "/v3/", "/mqtt"]) {
    const verdict = pages.judge(requestOf({ host: "iot.example", origin }), path);
    assert.ok("error" in verdict);
    assert.match(verdict.error, /https:\/\/eee.*http\.origins/);
    assert.ok(verdict.error.length < 400);
  }
  const [metric] = pages.metrics();
  assert.ok(metric?.type === "table");
  assert.deepEqual(
    [...metric.rows()],
    [
      [["/mqtt"], 2],
      [["/v3/"], 1],
    ],
  );
});

test("pages that anybody may have made bring no certificate of whoever looks at them", () => {
  const certificate = { user: "ada", issuer: "1", serial: "2", expiresAt: Number.MAX_SAFE_INTEGER };
  const seen = (headers: IncomingHttpHeaders) => {
    const request = requestOf({ host: "iot.example", ...headers }, true);
    setPeer(request, { address: "192.0.2.7", port: 1, secure: true, certificate });
    pagesOf({ local: false, origins: ["*", "https://listed.example"] }).judge(request, PATH);
    return peerOf(request);
  };
  assert.equal(seen({}).certificate, certificate);
  assert.equal(seen({ origin: "https://iot.example" }).certificate, certificate);
  assert.equal(seen({ origin: "https://listed.example" }).certificate, certificate);
  for (const origin of ["https://evil.example", "null"])
    assert.deepEqual(seen({ origin }), { address: "192.0.2.7", port: 1, secure: true }, origin);
});
