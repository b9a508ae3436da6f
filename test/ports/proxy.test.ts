import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import { test } from "node:test";
import { connect as openTls } from "node:tls";
import mqttPacket from "mqtt-packet";
import { type RunningServer, startServer } from "../helpers/server.js";
import type { Teardown } from "../helpers/teardown.js";
import { API_KEY, keyed } from "./api-key.js";
import { opened, TlsGround } from "./tls-ground.js";

/* The PROXY protocol on each listener, spoken by the test itself. */

const TEXT = Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 56324 1883\r\n");
const BINARY = Buffer.from("0d0a0d0a000d0a515549540a2111000cc0000207c6336401dc04075b", "hex");
const LOCAL = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex");
const CONNECT = mqttPacket.generate({ cmd: "connect", clientId: "device", clean: true, keepalive: 0 });

function open(t: Teardown, { host, port }: { host: string; port: number }): Socket {
  const socket = openSocket(port, host).setNoDelay(true);
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  return socket;
}

/** What comes first; nothing when the connection is closed, however that is. */
function answer(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    socket.once("data", resolve).once("close", () => resolve(Buffer.alloc(0)));
  });
}

/** Where the REST API says that the clients are. */
async function remotes(server: RunningServer): Promise<string[]> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const response = await fetch(`${server.httpUrl}/api/v1/clients`, { headers });
  const { clients } = (await response.json()) as { clients: { remote: string }[] };
  return clients.map(({ remote }) => remote);
}

function start(t: Teardown, more: object = {}) {
  return startServer(t, {
    config: { ...keyed, proxies: { trusted: ["127.0.0.1"], protocol: ["mqtt"] }, ...more },
  });
}

for (const [version, header] of [
  ["1", TEXT],
  ["2", BINARY],
] as const)
  test(`version ${version} over TCP: the client's address is the one that the proxy says`, async (t) => {
    const server = await start(t);
    const socket = open(t, server.mqtt);
    socket.write(Buffer.concat([header, CONNECT]));
    assert.equal((await answer(socket))[0], 0x20);
    assert.deepEqual(await remotes(server), ["192.0.2.7:56324"]);
  });

test("a header may come byte by byte, with the first packet right behind", async (t) => {
  const server = await start(t);
  for (const header of [TEXT, BINARY]) {
    const socket = open(t, server.mqtt);
    await once(socket, "connect");
    const bytes = Buffer.concat([header, CONNECT]);
    for (let at = 0; at < bytes.length; at++)
      await new Promise((resolve) => socket.write(bytes.subarray(at, at + 1), resolve));
    assert.equal((await answer(socket))[0], 0x20);
  }
});

test("a health check of the proxy, and an unknown client, keep the socket's own address", async (t) => {
  const server = await start(t);
  for (const header of [LOCAL, Buffer.from("PROXY UNKNOWN\r\n")]) {
    const socket = open(t, server.mqtt);
    socket.write(Buffer.concat([header, CONNECT]));
    assert.equal((await answer(socket))[0], 0x20);
    assert.match((await remotes(server))[0] ?? "", /^127\.0\.0\.1:\d+$/);
    socket.destroy();
  }
});

test("no header, half a header, garbage and strangers are closed, counted and logged", async (t) => {
  const server = await start(t, { mqtt: { connectTimeout: "1s" } });
  const closed = async (bytes: Buffer) => {
    const socket = open(t, server.mqtt);
    if (bytes.length > 0) socket.write(bytes);
    assert.equal((await answer(socket)).length, 0);
  };
  await closed(CONNECT);
  await closed(Buffer.from("PROXY TCP4 nonsense\r\n"));
  await closed(TEXT.subarray(0, 20));
  await closed(Buffer.alloc(0));
  const ended = open(t, server.mqtt);
  ended.end(TEXT.subarray(0, 20));
  assert.equal((await answer(ended)).length, 0);
  const stranger = openSocket({ ...server.mqtt, localAddress: "127.0.0.2" });
  t.after(() => stranger.destroy());
  stranger.on("error", () => undefined);
  stranger.write(Buffer.concat([TEXT, CONNECT]));
  assert.equal((await answer(stranger)).length, 0);
  const line = await server.logged(
    ({ msg }) => msg === "connection refused: not from one of proxies.trusted",
  );
  assert.match(String(line.remote), /^127\.0\.0\.2:/);
  const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
  const counted = (reason: string) =>
    Number(
      new RegExp(`^causeway_connections_refused_total\\{reason="${reason}"\\} (\\d+)$`, "m").exec(
        metrics,
      )?.[1],
    );
  assert.deepEqual(
    [counted("proxy_header"), counted("proxy_timeout"), counted("proxy_untrusted")],
    [3, 2, 1],
  );
});

test("before TLS: the header comes in the clear, then the handshake", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  await ground.start(
    { http: false },
    { ...keyed, proxies: { trusted: ["127.0.0.0/8"], protocol: ["mqtts"] } },
  );
  for (const header of [TEXT, BINARY]) {
    const raw = open(t, { host: "127.0.0.1", port: ground.port });
    raw.write(header);
    const socket = openTls({ socket: raw, servername: "localhost", ca });
    await opened(socket);
    socket.write(CONNECT);
    assert.equal((await answer(socket))[0], 0x20);
    assert.deepEqual(await remotes(ground.server), ["192.0.2.7:56324"]);
    const gone = once(socket, "close");
    socket.end(Buffer.from([0xe0, 0]));
    await gone;
  }
  await assert.rejects(ground.connect({ ca }));
});

for (const tls of [false, true])
  test(`HTTP${tls ? "S" : ""}: requests, and MQTT over WebSocket, are of the client's address`, async (t) => {
    const ground = await TlsGround.create(t);
    const ca = await ground.pair("server");
    const server = await ground.start(
      { http: tls },
      {
        allowAnonymous: true,
        proxies: { trusted: ["127.0.0.1"], protocol: ["http"] },
        log: { level: "info" },
      },
    );
    const ask = async (...lines: string[]) => {
      const raw = open(t, server.http);
      raw.write(BINARY);
      const socket = tls ? openTls({ socket: raw, servername: "localhost", ca }) : raw;
      if (tls) await opened(socket as never);
      socket.write(`${lines.join("\r\n")}\r\nHost: localhost\r\n\r\n`);
      return String(await answer(socket));
    };
    assert.match(await ask("GET /readyz HTTP/1.1"), /^HTTP\/1\.1 200 /);
    const said = server.logged(({ msg }) => msg === "WebSocket refused: no MQTT subprotocol");
    const upgrade = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    assert.match(await ask("GET /mqtt HTTP/1.1", ...upgrade), /^HTTP\/1\.1 400 /);
    assert.equal((await said).remote, "192.0.2.7:56324");
    const bare = open(t, server.http);
    bare.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.equal((await answer(bare)).length, 0);
  });
