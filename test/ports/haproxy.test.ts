import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect as openSocket } from "node:net";
import { test } from "node:test";
import { connect as openTls } from "node:tls";
import mqttPacket from "mqtt-packet";
import WebSocket from "ws";
import { run } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import type { RunningServer } from "../helpers/server.js";
import { API_KEY, keyed } from "./api-key.js";
import { haproxy } from "./haproxy.js";
import { TlsGround } from "./tls-ground.js";

/* Behind haproxy. Clients come from 127.0.0.7, and haproxy itself from 127.0.0.1. */

const CLIENT = "127.0.0.7";

async function remoteOf(server: RunningServer, client: string): Promise<string> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const { clients } = (await (await fetch(`${server.httpUrl}/api/v1/clients`, { headers })).json()) as {
    clients: { id: string; remote: string }[];
  };
  return clients.find(({ id }) => id === client)?.remote ?? "";
}

test("the PROXY protocol of haproxy, versions 1 and 2, over TCP and before TLS", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  await ground.write("ca.pem", ca);
  const server = await ground.start(
    { http: false },
    { ...keyed, proxies: { trusted: ["127.0.0.1"], protocol: ["mqtt", "mqtts"] } },
  );
  const [mqtt = "", mqtts = ""] = [server.addresses.mqtt, server.addresses.mqtts];
  const ports = await haproxy(t, ground.file("haproxy.cfg"), [
    { mode: "tcp", to: mqtt, options: "send-proxy" },
    { mode: "tcp", to: mqtt, options: "send-proxy-v2-ssl-cn proxy-v2-options unique-id,crc32c" },
    { mode: "tcp", to: mqtts, options: "send-proxy" },
    { mode: "tcp", to: mqtts, options: "send-proxy-v2 check inter 100ms" },
  ]);
  const watcher = await connect(t, `mqtts://localhost:${ports[2]}`, { ca });
  await watcher.subscribe("t", 1);
  for (const [index, port] of ports.entries()) {
    const to = { host: "127.0.0.1", port, localAddress: CLIENT };
    const overTls = index >= 2;
    const socket = overTls ? openTls({ ...to, servername: "localhost", ca }) : openSocket(to);
    t.after(() => socket.destroy());
    const clientId = `client-${index}`;
    socket.write(mqttPacket.generate({ cmd: "connect", clientId, clean: true, keepalive: 0 }));
    await once(socket, "data");
    assert.match(await remoteOf(server, clientId), /^127\.0\.0\.7:\d+$/);
    const { code, stderr } = await run("mosquitto_pub", [
      ...["-h", "localhost", "-p", String(port), "-t", "t", "-m", "x", "-q", "1"],
      ...(overTls ? ["--cafile", ground.file("ca.pem")] : []),
    ]);
    assert.equal(code, 0, stderr);
    await watcher.messages(index + 1);
  }
});

test("HTTP behind haproxy: the PROXY protocol, and X-Forwarded-For where it ends HTTP itself", async (t) => {
  for (const protocol of [["http"], []]) {
    const ground = await TlsGround.create(t);
    await ground.pair("server");
    const server = await ground.start(
      { http: false },
      { ...keyed, proxies: { trusted: ["127.0.0.1"], protocol }, mqtt: { connectTimeout: "2s" } },
    );
    const to = server.addresses.http ?? "";
    const [port = 0] = await haproxy(t, ground.file("haproxy.cfg"), [
      protocol.length > 0 ? { mode: "tcp", to, options: "send-proxy-v2" } : { mode: "http", to },
    ]);
    const status = await new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path: "/readyz", localAddress: CLIENT });
      asked.once("response", (response) => resolve(response.resume().statusCode)).once("error", reject);
      asked.end();
    });
    assert.equal(status, 200);
    const said = server.logged(({ msg }) => msg === "WebSocket refused: no MQTT subprotocol");
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, { localAddress: CLIENT });
    socket.on("error", () => undefined);
    assert.match(String((await said).remote), protocol.length > 0 ? /^127\.0\.0\.7:\d+$/ : /^127\.0\.0\.7$/);
    const client = await connect(t, `ws://127.0.0.1:${port}/mqtt`);
    await client.publish("t", "x", 1);
  }
});
