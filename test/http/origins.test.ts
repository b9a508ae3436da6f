import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket } from "ws";
import { Metrics } from "../faults/support/metrics.js";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";

const DASHBOARD = "https://dashboard.example";
const EVIL = "https://evil.example";

const sockets = [
  { path: "/mqtt", protocol: "mqtt" },
  { path: "/connection/websocket", protocol: undefined },
  { path: "/v3/mqtt:a", protocol: undefined },
];

/** `open`, or the status and body of the refusal. */
async function outcome(
  server: RunningServer,
  { path, protocol }: (typeof sockets)[number],
  headers: Record<string, string>,
): Promise<string> {
  const socket = new WebSocket(server.wsUrl + path, protocol ? [protocol] : [], { headers });
  socket.on("error", () => undefined);
  const refused = once(socket, "unexpected-response").then(async ([, response]) => {
    let body = "";
    for await (const chunk of response) body += chunk;
    return `${response.statusCode} ${response.headers["content-type"]} ${body}`;
  });
  const opened = once(socket, "open").then(() => "open");
  const result = await Promise.race([refused, opened]);
  socket.terminate();
  return result;
}

test("a page of another origin opens no WebSocket, wherever; who is no browser does", async (t) => {
  const server = await startServer(t, { config: { http: { origins: [DASHBOARD] } } });
  for (const door of sockets) {
    for (const headers of [
      {},
      { origin: server.httpUrl },
      { origin: DASHBOARD },
      { origin: "http://localhost:5173" },
    ])
      assert.equal(await outcome(server, door, headers), "open", `${door.path} ${JSON.stringify(headers)}`);
    for (const origin of [EVIL, `${server.httpUrl}.evil.example`])
      assert.match(
        await outcome(server, door, { origin }),
        /^403 application\/json.*\{"error":".*http\.origins/s,
        `${door.path} ${origin}`,
      );
    // A name of theirs that leads here: the browser takes page and server for one.
    const host = "evil.example:8080";
    assert.match(
      await outcome(server, door, { host, origin: `http://${host}` }),
      /^403 .*Host header/,
      door.path,
    );
  }
  const [mqtt, session, plain] = sockets;
  assert.ok(mqtt && session && plain);
  for (const door of [mqtt, session]) assert.match(await outcome(server, door, { origin: "null" }), /^403 /);
  assert.equal(await outcome(server, plain, { origin: "null" }), "open");
  const line = await server.logged(({ msg }) => msg.startsWith("a web page was refused: http.origins"));
  assert.equal(line.origin, EVIL);
  const metrics = await Metrics.read(server);
  for (const [path, count] of [
    ["/mqtt", 4],
    ["/connection/websocket", 4],
    ["/v3/", 3],
  ] as const)
    assert.equal(metrics.get(`http_pages_refused_total{path="${path}"}`), count, path);
});

test("a page that was opened from a file reads, and is told why it cannot publish", async (t) => {
  const server = await startServer(t);
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("#", 1);
  const socket = new WebSocket(`${server.wsUrl}/v3/mqtt:a`, { headers: { origin: "null" } });
  t.after(() => socket.terminate());
  await once(socket, "open");
  const told = once(socket, "message");
  socket.send('{"event":"x","data":"from the page"}');
  const [refusal] = await told;
  assert.match(String(refusal), /"code":103.*opened from a file.*http\.origins/);
  const heard = once(socket, "message");
  await client.publish("a", '"from the device"', 1);
  const [message] = await heard;
  assert.match(String(message), /from the device/);
  const [own] = await client.messages(1);
  assert.equal(String(own?.payload), '"from the device"');
});

test("where others reach the server, only the pages that are named come in", async (t) => {
  const config = { allowAnonymous: true, http: { origins: ["https://*.example"] } };
  const server = await startServer(t, { config, args: ["--http", "0.0.0.0:0"] });
  const { port } = server.http;
  const [, door] = sockets;
  assert.ok(door);
  const at = { ...server, wsUrl: `ws://127.0.0.1:${port}` };
  for (const origin of [DASHBOARD, `http://127.0.0.1:${port}`])
    assert.equal(await outcome(at, door, { origin }), "open", origin);
  for (const origin of ["file://", "http://localhost:5173", "http://dashboard.example", "https://example"])
    assert.match(await outcome(at, door, { origin }), /^403 /, origin);
  assert.equal(await outcome(at, door, { origin: "http://iot.lan", host: "iot.lan" }), "open");
});

test("pages that are named may use the other transports, and are told so when they ask", async (t) => {
  const server = await startServer(t, { config: { http: { origins: [DASHBOARD] } } });
  const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    fetch(server.httpUrl + path, { method, headers, ...(body ? { body } : {}) });
  const connect = '{"id":1,"connect":{}}';
  for (const [path, method] of [
    ["/connection/http_stream", "POST"],
    ["/connection/sse", "GET"],
    ["/emulation", "POST"],
  ] as const) {
    const preflight = await ask("OPTIONS", path, {
      origin: DASHBOARD,
      "access-control-request-method": method,
      "access-control-request-headers": "content-type",
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), DASHBOARD);
    assert.equal(preflight.headers.get("access-control-allow-methods"), method);
    assert.equal(preflight.headers.get("access-control-allow-headers"), "Content-Type");
    assert.match(preflight.headers.get("vary") ?? "", /Origin/);
  }
  const headers = { origin: DASHBOARD, "content-type": "application/json" };
  for (const response of [
    await ask("POST", "/connection/http_stream", headers, connect),
    await ask("GET", `/connection/sse?cf_connect=${encodeURIComponent(connect)}`, headers),
    await ask("POST", "/emulation", headers, "{}"),
  ]) {
    assert.equal(response.headers.get("access-control-allow-origin"), DASHBOARD);
    assert.equal(response.headers.get("access-control-allow-credentials"), "true");
    assert.equal(response.headers.get("cross-origin-resource-policy"), "cross-origin");
    await response.body?.cancel();
  }
});

test("with an asterisk any page is let through, and never with cookies", async (t) => {
  const server = await startServer(t, { config: { http: { origins: ["*"] } } });
  for (const door of sockets) assert.equal(await outcome(server, door, { origin: "null" }), "open");
  const response = await fetch(`${server.httpUrl}/emulation`, {
    method: "POST",
    headers: { origin: EVIL, "content-type": "application/json" },
    body: "{}",
  });
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.equal(response.headers.get("access-control-allow-credentials"), null);
});

test("what a page embeds does not open a session by itself", async (t) => {
  const server = await startServer(t);
  const path = `/connection/sse?cf_connect=${encodeURIComponent('{"id":1,"connect":{}}')}`;
  const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" };
  assert.equal((await fetch(server.httpUrl + path, { headers })).status, 403);
});
