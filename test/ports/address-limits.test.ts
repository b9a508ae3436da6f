import assert from "node:assert/strict";
import { once } from "node:events";
import { get, request } from "node:http";
import { connect as openSocket, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as openTls } from "node:tls";
import WebSocket from "ws";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { TlsGround } from "./tls-ground.js";

interface Place {
  readonly host: string;
  readonly port: number;
}

/** A socket from an address of this machine. */
function open(t: TestContext, to: Place, localAddress = "127.0.0.1"): Socket {
  const socket = openSocket({ ...to, localAddress });
  t.after(() => socket.destroy());
  return socket.on("error", () => undefined);
}

/** Whether the server still has the socket once it has had another that came after. */
async function isKept(socket: Socket): Promise<boolean> {
  const closed = once(socket, "close").then(() => false);
  // An answer to nonsense: whoever is turned away gets none.
  const answered = once(socket, "data").then(() => true);
  socket.write("NONSENSE / HTTP/0\r\n\r\n");
  return Promise.race([closed, answered]);
}

async function refused(server: RunningServer, reason: string): Promise<number> {
  const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
  const line = new RegExp(`^causeway_connections_refused_total\\{reason="${reason}"\\} (\\d+)$`, "m");
  return Number(line.exec(metrics)?.[1]);
}

test("connections of one address are counted over all listeners, TLS before its handshake", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  const server = await ground.start({ http: false }, { limits: { connectionsPerAddress: 3 } });
  const mqtts = { host: "127.0.0.1", port: ground.port };
  const [first, second] = [await connect(t, server.mqttUrl), await connect(t, `${server.wsUrl}/mqtt`)];
  const third = await ground.connect({ ca });
  for (const to of [server.mqtt, server.http, mqtts]) {
    const socket = open(t, to);
    await once(socket, "close");
    const other = open(t, to, "127.0.0.2");
    await once(other, "connect");
    other.destroy();
  }
  const line = await server.logged(
    ({ msg }) => msg === "connection refused: limits.connectionsPerAddress is reached",
  );
  assert.match(String(line.remote), /^127\.0\.0\.1:\d+$/);
  for (const end of [() => first.end(), () => second.end(), () => third.destroy()]) {
    await end();
    // The server hears of it a moment later.
    await connectAgain(t, server);
  }
});

/** Connects as soon as there is room, and leaves again. */
async function connectAgain(t: TestContext, server: RunningServer): Promise<void> {
  for (;;) {
    const client = await connect(t, server.mqttUrl).catch(() => undefined);
    if (!client) continue;
    await client.end();
    return;
  }
}

test("new connections of one address come at a rate", async (t) => {
  const server = await startServer(t, { config: { limits: { connectRate: "10/m" } } });
  // A fifth of a minute's worth at once.
  assert.equal(await isKept(open(t, server.http)), true);
  assert.equal(await isKept(open(t, server.http)), true);
  const third = open(t, server.mqtt);
  await once(third, "close");
  assert.equal(await isKept(open(t, server.http, "127.0.0.2")), true);
  const line = await server.logged(({ msg }) => msg === "connection refused: limits.connectRate is exceeded");
  assert.match(String(line.remote), /^127\.0\.0\.1:\d+$/);
});

test("behind a trusted HTTP proxy each client is counted, by what X-Forwarded-For says, and not the proxy", async (t) => {
  const server = await startServer(t, {
    config: {
      allowAnonymous: true,
      proxies: { trusted: ["127.0.0.1"] },
      limits: { connectionsPerAddress: 2 },
    },
  });
  const upgrade = async (address: string) => {
    const socket = new WebSocket(`${server.wsUrl}/mqtt`, "mqtt", { headers: { "x-forwarded-for": address } });
    t.after(() => socket.terminate());
    return new Promise<WebSocket | number>((resolve, reject) => {
      socket.on("open", () => resolve(socket)).on("error", reject);
      socket.on("unexpected-response", (_request, { statusCode = 0 }) => resolve(statusCode));
    });
  };
  const one = await upgrade("192.0.2.7");
  assert.ok(one instanceof WebSocket);
  // A stream counts as long as it lasts.
  const url = `${server.httpUrl}/connection/sse?cf_connect=${encodeURIComponent('{"id":1,"connect":{}}')}`;
  const stream = get(url, { headers: { "x-forwarded-for": "192.0.2.7" }, agent: false });
  t.after(() => stream.destroy());
  const [response] = await once(stream, "response");
  assert.equal(response.statusCode, 200);
  response.resume();
  assert.equal(await upgrade("192.0.2.7"), 429);
  assert.equal(
    (await fetch(`${server.httpUrl}/readyz`, { headers: { "x-forwarded-for": "192.0.2.7" } })).status,
    429,
  );
  assert.ok((await upgrade("192.0.2.8")) instanceof WebSocket);
  // What the client wrote itself is to the left of what the proxy adds.
  assert.equal(await upgrade("192.0.2.9, 192.0.2.7"), 429);
  assert.equal(await refused(server, "address_connections"), 3);
  await server.logged(({ msg, remote }) => /^request refused/.test(msg) && remote === "192.0.2.7");

  one.close();
  await once(one, "close");
  stream.destroy();
  for (;;) if ((await upgrade("192.0.2.7")) instanceof WebSocket) break;
});

test("whoever comes by a proxy on this machine is not this machine", async (t) => {
  const config = { allowAnonymous: true, proxies: { trusted: ["127.0.0.1"] } };
  const server = await startServer(t, { config });
  const status = async (headers: Record<string, string>) =>
    (await fetch(`${server.httpUrl}/api/v1/clients`, { headers })).status;
  assert.equal(await status({}), 401);
  assert.equal(await status({ "x-forwarded-for": "127.0.0.1" }), 401);
  assert.equal(await status({ "x-forwarded-for": "192.0.2.7" }), 401);
  assert.equal(await status({ "x-forwarded-for": "127.0.0.1, 192.0.2.7" }), 401);
});

test("who is no trusted proxy is counted by his socket, whatever he says", async (t) => {
  const server = await startServer(t, {
    config: {
      allowAnonymous: true,
      proxies: { trusted: ["127.0.0.9"] },
      limits: { connectionsPerAddress: 1 },
    },
  });
  const kept = open(t, server.http, "127.0.0.2");
  await once(kept, "connect");
  const asked = request({
    ...server.http,
    localAddress: "127.0.0.2",
    headers: { "x-forwarded-for": "192.0.2.7" },
  });
  await assert.rejects(once(asked.end(), "response"));
});

test("with the PROXY protocol the client's address is counted, over TLS too", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  await ground.start(
    { http: false },
    {
      allowAnonymous: true,
      proxies: { trusted: ["127.0.0.1"], protocol: ["mqtts"] },
      limits: { connectionsPerAddress: 1 },
    },
  );
  const come = async (address: string) => {
    const raw = open(t, { host: "127.0.0.1", port: ground.port });
    raw.write(`PROXY TCP4 ${address} 198.51.100.1 1 2\r\n`);
    const socket = openTls({ socket: raw, servername: "localhost", ca });
    socket.on("error", () => undefined);
    return new Promise<boolean>((resolve) => {
      socket.once("secureConnect", () => resolve(true)).once("close", () => resolve(false));
    });
  };
  assert.deepEqual(
    [await come("192.0.2.7"), await come("192.0.2.7"), await come("192.0.2.8")],
    [true, false, true],
  );
});
