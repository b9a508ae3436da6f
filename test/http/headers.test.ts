import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import { certificate } from "../helpers/certificate.js";
import { startServer } from "../helpers/server.js";

test("every answer forbids a browser what it does not need", async (t) => {
  const server = await startServer(t);
  const paths = ["/", "/favicon.svg", "/healthz", "/metrics", "/session", "/api/v1/info", "/api/v1/docs"];
  const failing = ["/nothing", "/api/v1/clients?x=1", "/%E0%A4%A", "/emulation", "/connection/sse"];
  for (const path of [...paths, ...failing]) {
    const response = await fetch(server.httpUrl + path);
    assert.equal(response.ok, paths.includes(path), path);
    const { headers } = response;
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/, path);
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|\*/, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("x-frame-options"), "DENY", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", path);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
    assert.match(headers.get("permissions-policy") ?? "", /camera=\(\)/, path);
    assert.equal(headers.get("strict-transport-security"), null, path);
  }
});

test("over TLS a browser is told to come back that way, unless it is this machine that asks", async (t) => {
  const directory = await certificate(t);
  const file = (name: string) => join(directory, name);
  const tls = { cert: file("cert.pem"), key: file("key.pem"), http: true };
  const server = await startServer(t, { config: { tls, http: { origins: ["https://iot.example"] } } });
  const { host, port } = server.http;
  for (const [name, expected] of [
    ["iot.example", "max-age=2592000"],
    [`localhost:${port}`, undefined],
  ] as const) {
    const ca = readFileSync(file("ca.pem"));
    const asked = request({
      host,
      port,
      path: "/",
      ca,
      headers: { host: name },
      checkServerIdentity: () => undefined,
    });
    asked.end();
    const [response] = await once(asked, "response");
    response.resume();
    assert.equal(response.headers["strict-transport-security"], expected, name);
  }
});

test("requests with too many or too large header fields are refused", async (t) => {
  const server = await startServer(t);
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, "1"]));
  assert.equal((await fetch(`${server.httpUrl}/healthz`, { headers: many })).status, 431);
  const large = { "x-large": "x".repeat(17_000) };
  assert.equal((await fetch(`${server.httpUrl}/healthz`, { headers: large })).status, 431);
  assert.equal((await fetch(`${server.httpUrl}/${"x".repeat(17_000)}`)).status, 431);
  assert.equal((await fetch(`${server.httpUrl}/healthz`)).status, 200);
});
