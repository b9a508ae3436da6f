import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../helpers/server.js";

const CONNECT = '{"id":1,"connect":{}}';

test("the transports of channels are there, for their methods only, and for pages of this origin only", async (t) => {
  const server = await startServer(t);
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    fetch(server.httpUrl + path, { method, headers, ...(body ? { body } : {}) });
  const json = { "content-type": "application/json" };
  for (const [method, path] of [
    ["GET", "/connection/http_stream"],
    ["POST", "/connection/sse"],
    ["HEAD", "/connection/sse"],
    ["GET", "/emulation"],
    ["PUT", "/emulation"],
  ] as const)
    assert.equal((await ask(method, path)).status, 404, `${method} ${path}`);
  for (const path of ["/connection/http_stream", "/connection/sse", "/emulation"]) {
    const preflight = await ask("OPTIONS", path, {
      origin: "http://elsewhere.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    });
    assert.equal(preflight.headers.get("access-control-allow-origin"), null);
    assert.equal(preflight.ok, false);
  }
  const foreign = { ...json, origin: "http://elsewhere.example" };
  const refused = await ask("POST", "/connection/http_stream", foreign, CONNECT);
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get("access-control-allow-origin"), null);
  const own = { ...json, origin: server.httpUrl };
  const stream = await ask("POST", "/connection/http_stream", own, CONNECT);
  assert.equal(stream.status, 200);
  assert.equal(stream.headers.get("access-control-allow-origin"), null);
  const reader = stream.body?.getReader();
  const { connect } = JSON.parse(new TextDecoder().decode((await reader?.read())?.value));
  const { session, node } = connect;
  const data = '{"id":2,"publish":{"channel":"mqtt:a","data":1}}';
  assert.equal((await ask("POST", "/emulation", foreign, "{}")).status, 403);
  const sent = await ask("POST", "/emulation", own, JSON.stringify({ session, node, data }));
  assert.equal(sent.status, 204);
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), '{"id":2,"publish":{}}\n');
  await reader?.cancel();
});

test("what is sent to them is theirs to judge: bodies of any type and size reach them unread", async (t) => {
  const server = await startServer(t, { config: { gateway: { maxFrameSize: "2MiB" } } });
  const post = (path: string, type: string, body: string) =>
    fetch(server.httpUrl + path, { method: "POST", headers: { "content-type": type }, body });
  assert.equal((await post("/emulation", "application/octet-stream", "x")).status, 415);
  assert.equal((await post("/emulation", "", "x")).status, 415);
  const { status } = await post(
    "/emulation",
    "application/json",
    JSON.stringify({ data: "x".repeat(1_500_000) }),
  );
  assert.equal(status, 400, "larger than the bodies of other requests may be");
});
