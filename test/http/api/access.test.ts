import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { listChannels } from "../../../src/http/api/channels.js";
import { listClients } from "../../../src/http/api/clients.js";
import { publish } from "../../../src/http/api/publish.js";
import { connect } from "../../helpers/mqtt.js";
import { type RunningServer, startServer } from "../../helpers/server.js";
import { ApiClient, assertError } from "./support/api-client.js";

const KEYS = ["first-key-of-the-test", "second~key!of=the#test"] as const;

/** As fetch, which does not let a Host header be chosen. */
async function ask(server: RunningServer, path: string, headers: Record<string, string>, body?: string) {
  const { host, port } = server.http;
  const asked = request({ host, port, path, headers, method: body === undefined ? "GET" : "POST" });
  asked.end(body);
  const [response] = await once(asked, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode as number, text };
}

test("without keys on loopback only who asks at an address of this machine is answered", async (t) => {
  const server = await startServer(t);
  const { port } = server.http;
  const own = [
    "localhost",
    "LOCALHOST:1",
    `localhost:${port}`,
    `127.0.0.1:${port}`,
    "127.1.2.3",
    `[::1]:${port}`,
  ];
  for (const host of own) assert.equal((await ask(server, "/api/v1/clients", { host })).status, 200, host);
  const foreign = [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.evil",
    "127.0.0.1@evil.example",
    "evil.example, 127.0.0.1",
    "localhost:80:80",
    "[::2]",
    "10.0.0.1",
    "0.0.0.0",
  ];
  for (const host of foreign) {
    const { status, text } = await ask(server, "/api/v1/clients", { host });
    assert.equal(status, 403, host);
    assertError(JSON.parse(text));
  }
});

test("a page of another site can neither post nor ask whether it may", async (t) => {
  const server = await startServer(t);
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("#", 1);
  const body = JSON.stringify({ topic: "foreign", data: 1 });
  const origin = "http://evil.example";
  // All that a browser sends without asking: forms and text [Fetch, CORS-safelisted request-header].
  for (const type of [
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; application/json",
    "application/json-patch+json",
    "application/jsonp",
  ]) {
    const refused = await ask(server, "/api/v1/publish", { origin, "content-type": type }, body);
    assert.equal(refused.status, 403, type);
    assert.match(refused.text, /http:\/\/evil\.example .*http\.origins/);
    // Nor when the browser does not say from where.
    const { status, text } = await ask(server, "/api/v1/publish", { "content-type": type }, body);
    assert.equal(status, 415, type);
    assertError(JSON.parse(text));
  }
  assert.equal((await ask(server, "/api/v1/publish", {}, body)).status, 415, "without a type");
  assert.equal((await ask(server, "/api/v1/users/42/disconnect", { origin }, "")).status >= 400, true);
  const preflight = await fetch(`${server.httpUrl}/api/v1/publish`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    },
  });
  assert.ok(preflight.status >= 400);
  const answers = [preflight, await fetch(`${server.httpUrl}/api/v1/clients`, { headers: { origin } })];
  for (const { headers } of answers)
    assert.deepEqual(
      [...headers.keys()].filter((name) => name.startsWith("access-control-")),
      [],
    );
  await new ApiClient(server.httpUrl).publish({ topic: "own", data: "the only one" });
  assert.deepEqual(
    (await client.messages(1)).map(({ topic }) => topic),
    ["own"],
  );
});

test("with keys everything but the description of the server needs one", async (t) => {
  const server = await startServer(t, { config: { api: { keys: KEYS } } });
  const without = new ApiClient(server.httpUrl);
  const refused = await without.refused(listClients, 401, /Authorization: Bearer KEY, or X-API-Key: KEY/);
  assert.match(refused.headers.get("www-authenticate") ?? "", /^Bearer/);
  await without.refused(publish, 401, /needs a key/, { body: { topic: "a", data: 1 } });
  for (const key of KEYS)
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer  ${key} ` },
      { "x-api-key": key },
      { "x-api-key": key, authorization: "Basic YTpi" },
    ])
      await new ApiClient(server.httpUrl, headers).done(listChannels);
  const wrong = [
    { authorization: `Bearer ${KEYS[0]}x` },
    { authorization: `Bearer ${KEYS[0].slice(0, -1)}` },
    { authorization: `Bearer ${KEYS[0].toUpperCase()}` },
    { authorization: `Bearer ${KEYS[0]}, ${KEYS[1]}` },
    { authorization: `Basic ${KEYS[0]}` },
    { authorization: KEYS[0] },
    { authorization: "Bearer" },
    { "x-api-key": `${KEYS[1]} ${KEYS[1]}` },
    { "x-api-key": "" },
    { cookie: `key=${KEYS[0]}` },
  ];
  for (const headers of wrong)
    await new ApiClient(server.httpUrl, headers as Record<string, string>).refused(listClients, 401, /key/);
  assert.equal((await fetch(`${server.httpUrl}/api/v1/clients?key=${KEYS[0]}`)).status, 401);
  for (const path of ["/api/v1/info", "/api/v1/openapi.json", "/api/v1/docs", "/healthz"])
    assert.equal((await fetch(server.httpUrl + path)).status, 200, path);
});

test("with a key it does not matter at which name the server is asked", async (t) => {
  const server = await startServer(t, { config: { api: { keys: KEYS } } });
  const headers = { host: "iot.example", "x-api-key": KEYS[0] };
  assert.equal((await ask(server, "/api/v1/clients", headers)).status, 200);
});

test("keys are never in the log, and what was changed names which one it was", async (t) => {
  const server = await startServer(t, { config: { api: { keys: KEYS } }, args: ["--log-level", "trace"] });
  const api = new ApiClient(server.httpUrl, { "x-api-key": KEYS[1] });
  await api.publish({ topic: "a", data: "payload-words" });
  await new ApiClient(server.httpUrl, { "x-api-key": `${KEYS[0]}x` }).refused(
    listClients,
    401,
    /a key that it knows/,
  );
  await server.logged(
    ({ msg, reason }) => msg === "an API request was refused" && /a key that it knows/.test(String(reason)),
  );
  const line = await server.logged(({ operation }) => operation === "publish");
  assert.equal(line.by, "api.keys[1]");
  assert.equal(await server.stop(), 0);
  const log = JSON.stringify(server.log);
  for (const secret of [...KEYS, "payload-words"]) assert.ok(!log.includes(secret));
});

test("where others can reach the server, the API needs keys", async (t) => {
  const server = await startServer(t, { config: { allowAnonymous: true }, args: ["--http", "0.0.0.0:0"] });
  const url = `http://127.0.0.1:${server.http.port}`;
  await new ApiClient(url).refused(listClients, 401, /set api\.keys/);
  await new ApiClient(url, { "x-api-key": "" }).refused(publish, 401, /set api\.keys/, {
    body: { topic: "a", data: 1 },
  });
  assert.equal((await fetch(`${url}/api/v1/info`)).status, 200);
});
