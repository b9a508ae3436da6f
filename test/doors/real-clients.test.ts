import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SignJWT } from "jose";
import { run, started } from "../helpers/command.js";
import { fileScope } from "../helpers/teardown.js";
import { AUDIENCE, ISSUER, openPlace, PASSWORD } from "./place.js";

/* The shell's own clients, with each kind of credential, as somebody would type it. */

const place = await openPlace(fileScope());

function publish(flags: readonly string[], port: number, topic: string) {
  return run("mosquitto_pub", [
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    ...flags,
    "-q",
    "1",
    "-t",
    topic,
    "-m",
    topic,
  ]);
}

async function arrives(topic: string): Promise<void> {
  const { received, client } = place.witness;
  while (!received.some((message) => message.topic === topic))
    await new Promise((resolve) => client.once("message", resolve));
}

test("mosquitto_pub with the name and password of an account", async () => {
  const { port } = place.server.mqtt;
  const { code, stderr } = await publish(["-u", "alice", "-P", PASSWORD], port, "own/alice/by-password");
  assert.equal(code, 0, stderr);
  await arrives("own/alice/by-password");
  const refused = await publish(["-u", "alice", "-P", "wrong"], port, "own/alice/by-password");
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /bad user name or password/i);
});

test("mosquitto_pub with a token as the password", async () => {
  const token = await new SignJWT({ sub: "alice", device: "sensor-1" })
    .setProtectedHeader({ alg: "RS256" })
    .setAudience(AUDIENCE)
    .setIssuer(ISSUER)
    .setExpirationTime("5m")
    .sign(place.tokenKey);
  const { port } = place.server.mqtt;
  const flags = ["-u", "jwt", "-P", token];
  const { code, stderr } = await publish([...flags, "-i", "sensor-1"], port, "own/alice/by-token");
  assert.equal(code, 0, stderr);
  await arrives("own/alice/by-token");
  // The token is bound to a client identifier.
  const other = await publish([...flags, "-i", "sensor-2"], port, "own/alice/by-token");
  assert.equal(other.code, 5, other.stderr);
});

test("mosquitto_pub with a certificate", async () => {
  const at = (name: string) => join(place.directory, name);
  const { certificate, key } = place.clients.issue("alice");
  await Promise.all([writeFile(at("alice.pem"), certificate), writeFile(at("alice.key"), key)]);
  const port = Number(place.server.addresses.mqtts?.split(":").at(-1));
  const flags = ["--cafile", at("tls/ca.pem"), "--cert", at("alice.pem"), "--key", at("alice.key")];
  const { code, stderr } = await publish(flags, port, "own/alice/by-certificate");
  assert.equal(code, 0, stderr);
  await arrives("own/alice/by-certificate");
});

test("mosquitto_sub gets what it may read of everything", async (t) => {
  const { port } = place.server.mqtt;
  const listener = started("stdbuf", [
    ...["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", String(port)],
    ...["-u", "alice", "-P", PASSWORD, "-t", "#", "-v", "-d"],
  ]);
  t.after(() => listener.child.kill());
  await listener.printed("SUBACK");
  for (const topic of ["own/bob/x", "open/secret/x", "elsewhere", "open/end"])
    await place.publish(topic, "seen");
  const printed = await listener.printed("open/end seen");
  assert.deepEqual(printed.match(/^\S+ seen$/gm), ["open/end seen"]);
});
