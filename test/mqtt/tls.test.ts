import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import { connect as openTls } from "node:tls";
import { certificate } from "../helpers/certificate.js";
import { run } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";

test("MQTT over TLS and WSS, with the certificate that causeway cert makes", async (t) => {
  const directory = await certificate(t);
  const file = (name: string) => join(directory, name);
  const server = await startServer(t, {
    config: { tls: { cert: file("cert.pem"), key: file("key.pem") } },
    args: ["--mqtts", "127.0.0.1:0"],
  });
  const port = server.addresses.mqtts?.split(":")[1] ?? "";
  const ca = await readFile(file("ca.pem"));

  const overTls = await connect(t, `mqtts://localhost:${port}`, { ca });
  const overWss = await connect(t, `wss://localhost:${server.http.port}/mqtt`, { ca });
  await overTls.subscribe("secure", 2);
  await overWss.subscribe("secure", 2);
  await overWss.publish("secure", "from wss", 2);
  await overTls.publish("secure", "from tls", 2);
  const pub = await run("mosquitto_pub", [
    "-h",
    "localhost",
    "-p",
    port,
    "--cafile",
    file("ca.pem"),
    "-t",
    "secure",
    "-m",
    "from mosquitto",
    "-q",
    "1",
  ]);
  assert.equal(pub.code, 0, pub.stderr);
  for (const client of [overTls, overWss]) {
    await client.messages(3);
    assert.deepEqual([...client.payloads].sort(), ["from mosquitto", "from tls", "from wss"]);
  }
  const [page] = await once(get(`https://localhost:${server.http.port}/readyz`, { ca }), "response");
  assert.equal(page.resume().statusCode, 200);
});

test("a client that does not trust the certificate, or speaks no TLS, is turned away and logged", async (t) => {
  const directory = await certificate(t);
  const server = await startServer(t, {
    config: { tls: { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") } },
    args: ["--mqtts", "127.0.0.1:0"],
  });
  const port = Number(server.addresses.mqtts?.split(":")[1]);
  await assert.rejects(connect(t, `mqtts://localhost:${port}`), /certificate|signed/);
  await assert.rejects(connect(t, `mqtt://localhost:${port}`));
  await server.logged(({ msg }) => msg === "TLS handshake failed");
  const old = openTls({
    port,
    host: "127.0.0.1",
    maxVersion: "TLSv1.1",
    minVersion: "TLSv1",
    rejectUnauthorized: false,
    ciphers: "ALL@SECLEVEL=0",
  });
  t.after(() => old.destroy());
  await new Promise<void>((resolve, reject) => {
    old.once("error", () => resolve());
    old.once("secureConnect", () => reject(new Error("TLS 1.1 was accepted")));
  });
  await server.logged(({ reason }) => reason === "unsupported protocol");
});
