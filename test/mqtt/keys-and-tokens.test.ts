import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { stringify } from "yaml";
import { hashOf, makeKey } from "../../src/auth/keys/key-text.js";
import { run } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";

/* API keys and tokens as passwords of MQTT clients, at a real server. */

const key = makeKey();
const entry = { name: "sensor", hash: hashOf(key), scopes: ["connect"], user: "s1" };
const metricsKey = makeKey();
const metricsEntry = { name: "collector", hash: hashOf(metricsKey), scopes: ["metrics"] };

function place(t: TestContext): (name: string, text: string) => string {
  const directory = mkdtempSync(join(tmpdir(), "causeway-keys-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return (name, text) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
}

/** The exit code of mosquitto_pub is the return code of CONNACK. */
async function publishes({ mqtt }: RunningServer, password: string): Promise<number | null> {
  const { code } = await run("mosquitto_pub", [
    ...["-h", mqtt.host, "-p", String(mqtt.port), "-i", "c1", "-u", "anyone", "-P", password],
    ...["-q", "1", "-t", "a", "-m", "1"],
  ]);
  return code;
}

test("a key lets in while it is in the file, and is cut when it leaves it", async (t) => {
  const write = place(t);
  const file = write("keys.yaml", stringify([entry, metricsEntry]));
  const server = await startServer(t, { config: { keys: { file } } });
  assert.equal(await publishes(server, key), 0);
  assert.equal(await publishes(server, makeKey()), 4);
  assert.equal(await publishes(server, "a password"), 4);
  assert.equal(await publishes(server, metricsKey), 5);
  const sensor = await connect(t, server.mqttUrl, { username: "x", password: key, reconnectPeriod: 0 });
  const closed = new Promise<void>((resolve) => sensor.client.once("close", () => resolve()));
  write("keys.yaml", stringify([metricsEntry]));
  await closed;
  assert.equal(await publishes(server, key), 4);
  const log = JSON.stringify(server.log);
  for (const secret of [key, metricsKey, hashOf(key).slice(7)]) assert.ok(!log.includes(secret));
});

test("a token of an identity provider lets in; nobody does while its keys cannot be had", async (t) => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const token = await new SignJWT({ sub: "ann" })
    .setProtectedHeader({ alg: "ES256", kid: "1" })
    .setExpirationTime("1h")
    .sign(privateKey);
  let up = false;
  const jwk = { ...(await exportJWK(publicKey)), kid: "1" };
  const provider = createServer((_request, response) => {
    if (up) response.end(JSON.stringify({ keys: [jwk] }));
    else response.writeHead(503).end();
  });
  provider.listen(0, "127.0.0.1");
  await once(provider, "listening");
  t.after(() => provider.close().closeAllConnections());
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/`;
  const server = await startServer(t, {
    config: { allowAnonymous: false, tokens: { jwks: { url, cooldown: "1ms" } } },
  });
  assert.equal(await publishes(server, token), 3);
  up = true;
  assert.equal(await publishes(server, token), 0);
  assert.equal(await publishes(server, `${token.slice(0, -8)}AAAAAAAA`), 4);
  assert.ok(!JSON.stringify(server.log).includes(token.split(".")[2] ?? token));
});
