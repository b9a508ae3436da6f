import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RawMqtt } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { RawHttp, request } from "./support/raw-http.js";
import { besiege } from "./support/siege.js";

const MIB = 1024 ** 2;
const HOST = "Host: 127.0.0.1";
const JSON_TYPE = "Content-Type: application/json";
const BODY = '{"topic":"smuggled/outer","data":1}';
const INNER = '{"topic":"smuggled/inner","data":1}';

const many = (count: number, header: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => header(i));
const upgrade = (...headers: string[]) =>
  request(
    "GET /connection/websocket",
    HOST,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    ...headers,
  );
const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/** Requests with headers that nobody sends, and the statuses that each may be answered with. */
const FLOODS: readonly (readonly [what: string, bytes: string, statuses: readonly number[]])[] = [
  ["a header without end", `GET /healthz HTTP/1.1\r\n${HOST}\r\nX-A: ${"a".repeat(MIB)}`, [431]],
  ["a path without end", `GET /${"a".repeat(MIB)}`, [431]],
  ["ten thousand headers", request("GET /healthz", HOST, ...many(10_000, (i) => `X-${i}: ${i}`)), [431]],
  ["a thousand tiny headers", request("GET /healthz", HOST, ...many(1_000, () => "a:b")), [200, 431]],
  [
    "ten thousand cookies",
    request("GET /healthz", HOST, `Cookie: ${many(10_000, (i) => `c${i}=${i}`).join("; ")}`),
    [431],
  ],
  [
    "a thousand cookie headers",
    request("GET /healthz", HOST, ...many(1_000, (i) => `Cookie: c${i}=${i}`)),
    [431],
  ],
  ["a method that is none", request("BREW /healthz", HOST), [400, 404, 405, 501]],
  ["no HTTP", "\u0000\u0001\u0002\u0003\r\n\r\n", [400]],
  ["a version that is none", "GET /healthz HTTP/9.9\r\n\r\n", [400, 505]],
  ["no host", "GET /healthz HTTP/1.1\r\n\r\n", [400]],
  ["an upgrade without a key", upgrade(), [400]],
  ["an upgrade with a key without end", upgrade(`Sec-WebSocket-Key: ${"A".repeat(10_000)}`), [400]],
  [
    "an upgrade with protocols without end",
    upgrade(KEY, `Sec-WebSocket-Protocol: ${many(3_000, (i) => `p${i}`).join()}`),
    [101, 400, 431],
  ],
  [
    "an upgrade with extensions without end",
    upgrade(KEY, `Sec-WebSocket-Extensions: ${"permessage-deflate; a=1, ".repeat(600)}x`),
    [101, 400],
  ],
  [
    "an upgrade with a broken extension",
    upgrade(KEY, "Sec-WebSocket-Extensions: permessage-deflate; =,;"),
    [101, 400],
  ],
  ["an upgrade to another version", upgrade(KEY).replace("Version: 13", "Version: 99"), [400, 426]],
  ["an upgrade to nowhere", upgrade(KEY).replace("/connection/websocket", `/${"%41".repeat(3_000)}`), [404]],
  ["an upgrade to a path that is none", upgrade(KEY).replace("/connection/websocket", "/%ff%fe"), [400]],
];

/** Bodies whose end two servers in a row would see in different places, and the statuses that they may be answered with. */
const SMUGGLED = `POST /api/v1/publish HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`;
const SHAPES: readonly (readonly [what: string, headers: readonly string[], body: string])[] = [
  [
    "a length and chunks",
    [`Content-Length: ${BODY.length}`, "Transfer-Encoding: chunked"],
    `0\r\n\r\n${SMUGGLED}`,
  ],
  ["chunks and a length", ["Transfer-Encoding: chunked", "Content-Length: 4"], `0\r\n\r\n${SMUGGLED}`],
  ["two lengths", ["Content-Length: 0", `Content-Length: ${BODY.length}`], `${BODY}${SMUGGLED}`],
  ["a list of lengths", [`Content-Length: 0, ${BODY.length}`], `${BODY}${SMUGGLED}`],
  ["a negative length", ["Content-Length: -1"], SMUGGLED],
  ["a length with a sign", ["Content-Length: +0"], SMUGGLED],
  ["a hexadecimal length", ["Content-Length: 0x0"], SMUGGLED],
  ["a length beyond all", ["Content-Length: 99999999999999999999999999"], SMUGGLED],
  ["chunks that are not the last coding", ["Transfer-Encoding: chunked, identity"], `0\r\n\r\n${SMUGGLED}`],
  ["a coding that is none", ["Transfer-Encoding: xchunked"], `0\r\n\r\n${SMUGGLED}`],
  ["a coding with a space before the colon", ["Transfer-Encoding : chunked"], `0\r\n\r\n${SMUGGLED}`],
  ["a folded header", ["X-A: b", " Transfer-Encoding: chunked"], SMUGGLED],
  ["a line that ends with a bare LF", ["X-A: b\nTransfer-Encoding: chunked"], `0\r\n\r\n${SMUGGLED}`],
  ["a NUL in a header", ["X-A: b\u0000c"], SMUGGLED],
  ["a chunk length that is none", ["Transfer-Encoding: chunked"], `zz\r\n${SMUGGLED}`],
  ["a chunk length beyond all", ["Transfer-Encoding: chunked"], `ffffffffffffffffff\r\n${SMUGGLED}`],
  ["a chunk without its end", ["Transfer-Encoding: chunked"], `5\r\n${SMUGGLED}`],
];

test("headers without end are refused, beside clients that notice nothing", async (t) => {
  const server = await startServer(t);
  const rounds = 10;
  const siege = await besiege(t, server, { memory: 64 * MIB }, async () => {
    const answered = new Set<string>();
    for (let round = 0; round < rounds; round++)
      for (const [what, bytes, statuses] of FLOODS) {
        const status = await statusOf(t, server, bytes);
        if (status !== undefined) answered.add(what);
        // Who is still writing when the connection is closed may be told so by its write, before it reads the answer.
        else if (statuses.includes(431)) continue;
        assert.ok(statuses.includes(status ?? 0), `${what}: ${status}`);
      }
    assert.deepEqual(
      FLOODS.map(([what]) => what).filter((what) => !answered.has(what)),
      [],
      "each was answered at least once",
    );
  });
  const broken = (reason: string) => siege.after.get(`http_requests_broken_total{reason="${reason}"}`);
  const floods = FLOODS.filter(([, , statuses]) => statuses.includes(431) && !statuses.includes(101));
  assert.ok(broken("headers") >= rounds * floods.length, `${broken("headers")} had too many headers`);
  assert.ok(broken("malformed") >= rounds, `${broken("malformed")} were no HTTP`);
});

test("a request whose end is not certain is the last one on its connection, and publishes nothing twice", async (t) => {
  const server = await startServer(t);
  const api = `${server.httpUrl}/api/v1`;
  const before = await requests(api);
  for (const [what, headers, body] of SHAPES) {
    const raw = await RawHttp.open(t, server);
    raw.socket.write(request("POST /api/v1/publish", HOST, JSON_TYPE, ...headers) + body);
    await raw.closed;
    assert.ok(raw.statuses.length <= 1, `${what}: ${raw.statuses}`);
    assert.ok((raw.statuses[0] ?? 400) >= 400, `${what}: ${raw.statuses}`);
  }
  assert.equal(await requests(api), before, "none of them was carried out");
});

test("requests without end on one connection are answered one by one, and too many at a time close it", async (t) => {
  const server = await startServer(t);
  const [rounds, count] = [40, 20_000];
  const watcher = await RawMqtt.connect(t, server);
  await watcher.subscribe({ "in/order": 0 });
  const get = (path: string) => request(`GET ${path}`, HOST);
  // Those of one read are parsed before the connection can be closed, which leaves garbage.
  const siege = await besiege(t, server, { memory: 192 * MIB }, async () => {
    for (let round = 0; round < rounds; round++) {
      const raw = await RawHttp.open(t, server);
      raw.socket.write(get(round % 2 ? "/metrics" : "/healthz").repeat(count));
      await raw.closed;
    }
    const few = await RawHttp.open(t, server);
    few.socket.write(
      get("/healthz").repeat(50) + get("/readyz").replace(HOST, `${HOST}\r\nConnection: close`),
    );
    await few.closed;
    assert.deepEqual(few.statuses, Array(51).fill(200));
    const posts = await RawHttp.open(t, server);
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify({ topic: "in/order", data: i });
      const headers = [HOST, JSON_TYPE, `Content-Length: ${body.length}`];
      posts.socket.write(
        request("POST /api/v1/publish", ...headers, ...(i === 19 ? ["Connection: close"] : [])) + body,
      );
    }
    await posts.closed;
    assert.deepEqual(posts.statuses, Array(20).fill(200));
    await watcher.until(() => watcher.received.length === 20, "what was posted");
    assert.deepEqual(
      watcher.received.map(({ text }) => Number(text)),
      Array.from({ length: 20 }, (_, i) => i),
    );
  });
  assert.equal(siege.rise("http_pipelines_cut_total"), rounds);
});

test("a body that never ends is cut off, whatever it is for", async (t) => {
  const server = await startServer(t);
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  await besiege(t, server, { memory: 96 * MIB }, async () => {
    for (const path of ["/api/v1/publish", "/connection/http_stream", "/emulation"]) {
      const raw = await RawHttp.open(t, server);
      raw.socket.write(request(`POST ${path}`, HOST, JSON_TYPE, "Transfer-Encoding: chunked"));
      let sent = 0;
      const pour = () => {
        while (!raw.isClosed && raw.socket.write(chunk)) sent += 65_536;
      };
      raw.socket.on("drain", pour);
      pour();
      await raw.closed;
      assert.ok(sent < 64 * MIB, `${path} took ${sent} bytes`);
      assert.ok(
        raw.statuses.every((status) => status === 413),
        `${path}: ${raw.statuses}`,
      );
    }
  });
});

/** The first status; the connection is given up then. */
async function statusOf(t: TestContext, server: RunningServer, bytes: string): Promise<number | undefined> {
  const raw = await RawHttp.open(t, server);
  raw.socket.write(Buffer.from(bytes, "latin1"));
  await raw.until(() => raw.statuses.length > 0 || raw.isClosed, "an answer or the end");
  raw.socket.destroy();
  return raw.statuses[0];
}

/** Publications that the API has taken. */
async function requests(api: string): Promise<number> {
  const metrics = await (await fetch(api.replace("/api/v1", "/metrics"))).text();
  return [...metrics.matchAll(/^causeway_api_requests_total\{[^}]*publish[^}]*status="200"[^}]*\} (\d+)/gm)]
    .map(([, value]) => Number(value))
    .reduce((sum, value) => sum + value, 0);
}
