import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Metrics } from "../faults/support/metrics.js";
import { memoryOf, socketsOf } from "../faults/support/process.js";
import { certificate } from "../helpers/certificate.js";
import { startServer } from "../helpers/server.js";
import { besiege } from "./support/siege.js";

const MIB = 1024 ** 2;
const BATCH = 100;
/** Descriptors that each side needs for everything else. */
const SPARE_FILES = 200;
/** Of an idle connection, at most. */
const MOST_BYTES = 24 * 1024;
const KINDS = { mqtt: 5_000, mqtts: 500, http: 500 };

test("thousands of connections that say nothing hold little memory, hinder nobody, and are closed in time", async (t) => {
  const directory = await certificate(t);
  const server = await startServer(t, {
    args: ["--mqtts", "127.0.0.1:0"],
    config: {
      tls: { cert: join(directory, "cert.pem"), key: join(directory, "key.pem"), http: false },
      mqtt: { connectTimeout: "5s" },
      limits: { httpIdle: "5s" },
    },
  });
  const share = Math.min(1, ((await mostFiles()) - SPARE_FILES) / 6_000);
  const sockets: Socket[] = [];
  let perConnection = 0;
  const siege = await besiege(t, server, { memory: 192 * MIB }, async () => {
    const before = (await memoryOf(server)).now;
    for (const [kind, count] of Object.entries(KINDS)) {
      const [host = "", port = ""] = server.addresses[kind]?.split(":") ?? [];
      for (let left = Math.floor(count * share); left > 0; left -= BATCH)
        sockets.push(...(await open(t, host, Number(port), Math.min(BATCH, left))));
    }
    await Metrics.until(
      server,
      (now) => now.get("mqtt_connections_accepted_total") >= 5_000 * share,
      "they are in",
    );
    perConnection = ((await memoryOf(server)).now - before) / sockets.length;
  });
  t.diagnostic(`${sockets.length} connections, ${(perConnection / 1_024).toFixed(1)} KiB each`);
  assert.ok(perConnection < MOST_BYTES, `${Math.round(perConnection)} bytes for each connection`);
  await Promise.all(sockets.map((socket) => socket.closed || once(socket, "close")));
  const connected = siege.before.get("mqtt_connections");
  await Metrics.until(server, (now) => now.get("mqtt_connections") === connected, "the idle are gone");
  const after = await Metrics.read(server);
  assert.ok(
    after.get("mqtt_client_errors_total") - siege.before.get("mqtt_client_errors_total") >=
      Math.floor(KINDS.mqtt * share),
  );
  assert.equal(after.get('http_requests_broken_total{reason="timeout"}'), Math.floor(KINDS.http * share));
  assert.ok((await socketsOf(server)) < 100);
  const closed = server.log.filter(({ level }) => level >= 40);
  assert.ok(closed.length > 0 && closed.length < 200, `${closed.length} lines`);
});

/** Connected, and nothing sent. */
async function open(t: TestContext, host: string, port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, host));
  for (const socket of sockets) {
    t.after(() => socket.destroy());
    socket.on("error", () => undefined).resume();
  }
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return sockets;
}

/** Files that a process may have open here. */
async function mostFiles(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8");
  return Number(/Max open files\s+(\d+)/.exec(limits)?.[1]);
}
