import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { after, test } from "node:test";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient, assertError } from "./support/api-client.js";

const server = await startServer({ after });
const api = new ApiClient(server.httpUrl);
const JSON_BODY = { "content-type": "application/json" };

const post = (path: string, body: string | Uint8Array<ArrayBuffer>) =>
  fetch(`${server.httpUrl}/api/v1/${path}`, { method: "POST", headers: JSON_BODY, body });

/** Still there, for everybody. */
async function assertWell(): Promise<void> {
  assert.ok(server.alive);
  assert.equal((await fetch(`${server.httpUrl}/healthz`)).status, 200);
}

/** All that anything hostile may lead to: an error of the one shape. */
async function assertRefused(response: Response, status: number, error: RegExp): Promise<void> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  const body: unknown = JSON.parse(text);
  assertError(body);
  assert.match(body.error, error);
  await assertWell();
}

const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const bodies: [string, string | Uint8Array<ArrayBuffer>, number, RegExp][] = [
  ["nothing", "", 400, /^body: is missing$/],
  ["white space", " \n", 400, /not JSON/],
  ["half of a body", '{"topic":"a","data"', 400, /not JSON/],
  ["two bodies", '{"topic":"a","data":1}{}', 400, /not JSON/],
  ["a list", "[]", 400, /^body: expected object, received array$/],
  ["null", "null", 400, /^body: expected object, received null$/],
  ["a number", "1e400", 400, /^body: expected object, received Infinity$/],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), 400, /not UTF-8/],
  ["UTF-16", Buffer.from('\ufeff{"topic":"a"}', "utf16le"), 400, /not UTF-8/],
  ["a byte order mark", '\ufeff{"topic":"a","data":1}', 400, /not JSON/],
  ["comments", '{"topic":"a",/* */"data":1}', 400, /not JSON/],
  ["a nest of lists", deep(400_000), 400, /^body: expected object, received array$/],
  ["a nest that does not end", "[".repeat(500_000), 400, /not JSON/],
  ["__proto__", '{"topic":"a","data":1,"__proto__":{"topic":"b"}}', 400, /there is no key "__proto__"/],
  [
    "constructor",
    '{"topic":"a","data":1,"constructor":{"prototype":{}}}',
    400,
    /there is no key "constructor"/,
  ],
  ["toString", '{"topic":"a","data":1,"toString":1,"hasOwnProperty":1}', 400, /there is no key "toString"/],
  [
    "keys without end",
    `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":1`).join()}}`,
    400,
    /there is no key "k0", "k1", "k2";/,
  ],
  ["a key without end", `{"${"k".repeat(900_000)}":1}`, 400, /there is no key "k{64}\.\.\."/],
  ["a huge number", '{"topic":"a","data":1,"qos":1e308}', 400, /^body\.qos: /],
  ["a number beyond all", '{"topic":"a","data":1,"qos":1e999}', 400, /^body\.qos: /],
  ["a negative zero and a half", '{"topic":"a","data":1,"qos":-0.5}', 400, /^body\.qos: /],
  ["NUL in a topic", '{"topic":"a\\u0000b","data":1}', 400, /^body\.topic: .*U\+0000/],
  [
    "half a character in a topic",
    '{"topic":"a\\ud800","data":1}',
    400,
    /^body\.topic: is not well-formed Unicode/,
  ],
  ["an empty topic", '{"topic":"","data":1}', 400, /^body\.topic: .*empty/],
  ["a topic without end", `{"topic":"${"a".repeat(70_000)}","data":1}`, 400, /^body\.topic: .*65535 bytes/],
  ["levels without end", `{"topic":"${"a/".repeat(30_000)}","data":1}`, 400, /^body\.topic: .*levels/],
  ["a channel without end", `{"channel":"${"a".repeat(70_000)}","data":1}`, 400, /^body\.channel: /],
  [
    "half a character in a channel",
    '{"channel":"\\udfff","data":1}',
    400,
    /^body\.channel: is not well-formed/,
  ],
  ["NUL in a channel", '{"channel":"mqtt:a\\u0000","data":1}', 404, /U\+0000/],
  ["a wildcard through a capture", '{"channel":"mqtt:+","data":1}', 400, /wildcard/],
  ["more than a mebibyte", `{"topic":"a","data":"${"x".repeat(1024 * 1024)}"}`, 413, /api\.maxBodySize/],
];
for (const [what, body, status, error] of bodies)
  test(`a body that is ${what} is refused`, async () =>
    assertRefused(await post("publish", body), status, error));

const paths: [string, string, number, RegExp][] = [
  ["DELETE", "retained/%00", 400, /U\+0000/],
  ["DELETE", "retained/%24SYS%2Fa", 403, /reserved/],
  ["DELETE", "retained/$SYS/a", 404, /nothing at DELETE/],
  ["DELETE", "retained/%23", 400, /wildcards/],
  ["DELETE", "retained/a%2fb%2F%2e%2e%2fc", 404, /"a\/b\/\.\.\/c": nothing is retained/],
  ["DELETE", "retained/%252F", 404, /"%2F": nothing is retained/],
  ["DELETE", "retained/%", 400, /not a valid url/],
  ["DELETE", "retained/%ff", 400, /not a valid url/],
  ["DELETE", "retained/%ed%a0%80", 400, /not a valid url/],
  ["DELETE", "retained/%c0%af", 400, /not a valid url/],
  ["DELETE", `retained/${"a".repeat(15_000)}`, 404, /"a{200}\.\.\.": nothing is retained/],
  ["DELETE", "retained/", 400, /^path\.topic: .*empty/],
  ["DELETE", "retained", 404, /nothing at DELETE/],
  ["DELETE", "retained/a?force=true", 400, /there is no key "force"/],
  ["DELETE", "clients/__proto__", 404, /no client "__proto__"/],
  ["DELETE", "clients/constructor?kind=mqtt", 404, /no MQTT client "constructor"/],
  ["DELETE", "clients/a?kind=__proto__", 400, /^query\.kind: /],
  ["DELETE", "clients/a?code=99999999999999999999", 400, /^query\.code: /],
  ["GET", "channels/__proto__", 404, /unknown channel/],
  ["GET", "channels/%F0%9F%92%A9", 404, /unknown channel/],
  ["GET", "channels/..%2f..%2fpackage.json", 404, /unknown channel/],
  ["GET", "channels?limit=1e3", 400, /^query\.limit: /],
  ["GET", "channels?limit=0x10", 400, /^query\.limit: /],
  ["GET", "channels?limit=-1", 400, /^query\.limit: /],
  ["GET", "channels?limit=", 400, /^query\.limit: /],
  ["GET", "channels?limit=9007199254740993", 400, /^query\.limit: /],
  ["GET", "channels?limit=99999999999999999999999", 400, /^query\.limit: /],
  ["GET", "channels?limit=1&limit=2", 400, /^query\.limit: /],
  ["GET", "channels?limit[]=1", 400, /there is no key "limit\[\]"/],
  ["GET", "channels?__proto__=1", 400, /there is no key "__proto__"/],
  ["GET", "channels?__proto__[limit]=1", 400, /there is no key/],
  ["GET", "channels?cursor=%00", 400, /^query\.cursor: /],
  ["GET", `channels?pattern=${"*".repeat(256)}`, 400, /^query\.pattern: /],
  ["GET", "retained?filter=%00", 400, /^query\.filter: .*U\+0000/],
  ["GET", "retained?filter=", 400, /^query\.filter: .*empty/],
  ["GET", `retained?filter=${"+/".repeat(200)}%2B`, 400, /^query\.filter: .*levels/],
  ["PUT", "publish", 404, /nothing at PUT/],
  ["GET", "publish", 404, /nothing at GET/],
  ["GET", "", 404, /nothing at GET/],
  ["GET", "channels/a/history/b", 404, /nothing at GET/],
];
for (const [method, path, status, error] of paths)
  test(`${method} ${path.slice(0, 60)} is ${status}`, async () =>
    assertRefused(await fetch(`${server.httpUrl}/api/v1/${path}`, { method }), status, error));

test("a cursor that somebody made up leads nowhere bad", async () => {
  for (const cursor of ["____", "AAAA", "_".repeat(10_000), Buffer.from("mqtt:").toString("base64url")])
    for (const path of ["channels", "clients", "retained"]) {
      const response = await fetch(`${server.httpUrl}/api/v1/${path}?cursor=${cursor}`);
      assert.equal(response.status, 200);
    }
  await assertWell();
});

test("what is nested very deep passes as it is", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("deep", 1);
  const data = deep(200_000);
  await api.publish(`{"topic":"deep","data":${data}}`);
  assert.equal((await client.messages(1))[0]?.payload, data);
});

test("nothing of a body gets into an object's prototype", async (t) => {
  const client = await connect(t, server.mqttUrl);
  await client.subscribe("safe", 1);
  await api.publish(
    '{"topic":"safe","data":{"__proto__":{"retain":true},"constructor":{"prototype":{"qos":2}}}}',
  );
  await api.publish({ topic: "safe", data: 1 });
  assert.deepEqual(
    (await client.messages(2)).map(({ qos, retain }) => [qos, retain]),
    [
      [1, false],
      [1, false],
    ],
  );
});

/** Sends pieces of 64 KiB of a body without end, until the socket closes or `enough`; what was answered, and how many were sent. */
async function sendWithoutEnd(socket: Socket, enough: (answer: string) => boolean) {
  const { host } = server.http;
  socket.on("error", () => undefined); // what is sent after the end may be reset
  socket.write(
    `POST /api/v1/publish HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  let answer = "";
  let sent = 0;
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  // Not by `once`, which takes the reset for a failure.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  while (!socket.destroyed && !enough(answer) && sent < MOST_PIECES) {
    sent++;
    const drained = new Promise((resolve) => socket.once("drain", resolve));
    if (!socket.write(piece)) await Promise.race([drained, closed]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { answer, sent };
}

/** Sixteen are a mebibyte. */
const MOST_PIECES = 4_096;

test("a body without end, in pieces, is refused before it ends", async (t) => {
  const { host, port } = server.http;
  const socket = connectSocket(port, host);
  t.after(() => socket.destroy());
  const { answer, sent } = await sendWithoutEnd(socket, (answer) => answer !== "");
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.ok(sent < MOST_PIECES, `${sent} pieces`);
  await assertWell();
});

test("one that does not stop at the refusal is cut", async (t) => {
  const { host, port } = server.http;
  const socket = connectSocket(port, host);
  t.after(() => socket.destroy());
  const { sent } = await sendWithoutEnd(socket, () => false);
  assert.ok(sent < MOST_PIECES, `${sent} pieces`);
  await assertWell();
});

test("a request that is not HTTP harms nobody", async () => {
  const { host, port } = server.http;
  for (const text of [
    "GET /api/v1/clients\r\n\r\n",
    "POST /api/v1/publish HTTP/1.1\r\n\r\n",
    "\0\0\0\0\r\n\r\n",
  ]) {
    const socket = connectSocket(port, host);
    socket.end(text);
    socket.resume();
    await once(socket, "close");
  }
  await assertWell();
});
