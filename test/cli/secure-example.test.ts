import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";

/* The example of a server on an open network, with the files that its guide has one make. */

const ROOT = join(import.meta.dirname, "..", "..");
const PASSWORD = "a long password of a device";

function prepare(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "causeway-secure-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const causeway = (args: string[], input = "") => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "dist/main.js"), ...args], {
      cwd: directory,
      input,
      encoding: "utf8",
      timeout: 30_000,
      env: { PATH: process.env.PATH },
    });
    return { status, stdout, stderr };
  };
  copyFileSync(join(ROOT, "docs/examples/secure.yaml"), join(directory, "secure.yaml"));
  chmodSync(join(directory, "secure.yaml"), 0o600);
  assert.equal(causeway(["cert", "--out", "tls"]).status, 0);
  renameSync(join(directory, "tls/cert.pem"), join(directory, "tls/server.pem"));
  renameSync(join(directory, "tls/key.pem"), join(directory, "tls/server.key"));
  for (const name of ["device-7", "ops-ann"]) {
    const { status, stderr } = causeway(["passwd", "accounts", name, "--stdin"], `${PASSWORD}\n`);
    assert.equal(status, 0, stderr);
  }
  const made = causeway(["key", "add", "metrics", "--scope", "metrics", "--file", "keys.yaml"]);
  assert.equal(made.status, 0, made.stderr);
  const { publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(join(directory, "tokens.pem"), publicKey.export({ type: "spki", format: "pem" }));
  return { directory, causeway, key: made.stdout.trim() };
}

test("nothing in it is weak, and it does what it says", async (t) => {
  const { directory, causeway, key } = prepare(t);
  assert.deepEqual(causeway(["check-config", "--strict", "--config", "secure.yaml"]), {
    status: 0,
    stdout: "secure.yaml is valid, and no setting is weak\n",
    stderr: "",
  });
  const server = await startServer(t, {
    directory,
    args: ["--config", "secure.yaml", "--mqtts", "127.0.0.1:0"],
  });
  const as = (username: string, password = PASSWORD) =>
    connect(t, `mqtts://${server.addresses.mqtts}`, { username, password, rejectUnauthorized: false });
  const [device, person] = await Promise.all([as("device-7"), as("ops-ann")]);
  await person.subscribe("#", 1);
  for (const topic of ["devices/8/telemetry", "devices/7/firmware", "devices/7/telemetry"])
    await device.publish(topic, "x", 1);
  await person.messages(1);
  assert.deepEqual(
    person.received.map(({ topic }) => topic),
    ["devices/7/telemetry"],
  );
  await assert.rejects(as("device-7", "guessed"), /Bad username or password/);

  const metrics = async (headers: Record<string, string> = {}) => {
    const { request } = await import("node:https");
    return new Promise<number | undefined>((resolve, reject) => {
      const { host, port } = server.http;
      request({ host, port, path: "/metrics", headers, rejectUnauthorized: false }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      })
        .on("error", reject)
        .end();
    });
  };
  assert.equal(await metrics(), 401);
  assert.equal(await metrics({ authorization: `Bearer ${key}` }), 200);
});

test("so is the configuration file itself, if it holds a secret or others may write it", (t) => {
  const { directory, causeway } = prepare(t);
  const file = join(directory, "secure.yaml");
  const strict = () => causeway(["check-config", "--strict", "--config", "secure.yaml"]);
  chmodSync(file, 0o644);
  assert.equal(strict().status, 0);
  chmodSync(file, 0o622);
  const written = strict();
  assert.equal(written.status, 78);
  assert.match(written.stderr, /^weak: "secure\.yaml" may be written by other users; chmod 600$/m);
  chmodSync(file, 0o644);
  appendFileSync(file, `\nsignedUrls: { secret: ${randomBytes(32).toString("base64url")} }\n`);
  assert.match(
    strict().stderr,
    /weak: "secure\.yaml" holds secrets and may be read by other users; chmod 600$/m,
  );
  chmodSync(file, 0o640);
  assert.deepEqual(strict().stderr, "");
});

test("a file that others may read is named", (t) => {
  const { directory, causeway } = prepare(t);
  writeFileSync(join(directory, "keys.yaml"), "[]", { mode: 0o600 });
  spawnSync("chmod", ["644", join(directory, "accounts")]);
  const { status, stderr } = causeway(["check-config", "--strict", "--config", "secure.yaml"]);
  assert.equal(status, 78);
  assert.match(stderr, /^secure\.yaml:\d+:\d+ accounts\.file: weak: "accounts" may be read by other users/);
});
