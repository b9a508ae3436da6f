import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, createServer, type PeerCertificate } from "node:tls";

const main = join(import.meta.dirname, "..", "..", "dist", "main.js");

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "causeway-cert-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function cert(cwd: string, ...flags: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "cert", ...flags], {
    cwd,
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const read = (directory: string, name: string) => readFileSync(join(directory, name), "utf8");

/** A TLS server with the certificate; resolves to its port. */
async function serve(t: TestContext, directory: string): Promise<number> {
  const server = createServer(
    { cert: read(directory, "cert.pem"), key: read(directory, "key.pem") },
    (socket) => socket.end("hello"),
  );
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** The certificate that a client accepts from the server under a name, or the reason why it does not. */
async function trust(
  port: number,
  servername: string,
  ca: string | undefined,
): Promise<PeerCertificate | string> {
  const socket = connect({ host: "127.0.0.1", port, servername, ...(ca ? { ca } : {}) });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(10_000) });
    return socket.getPeerCertificate();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

test("a client that trusts the CA accepts the server under its names, and nobody else does", async (t) => {
  const directory = place(t);
  assert.equal(cert(directory, "--out", ".", "--name", "broker.example.org").status, 0);
  const port = await serve(t, directory);
  const ca = read(directory, "ca.pem");
  for (const name of ["localhost", "broker.example.org"]) {
    const peer = await trust(port, name, ca);
    assert.ok(typeof peer !== "string", `${name}: ${peer}`);
    assert.match(peer.subjectaltname ?? "", /IP Address:127\.0\.0\.1/);
  }
  assert.equal(await trust(port, "other.example.org", ca), "ERR_TLS_CERT_ALTNAME_INVALID");
  assert.equal(await trust(port, "localhost", undefined), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
});

test("OpenSSL accepts the chain in strict mode, as Python 3.13 does by default", (t) => {
  const directory = place(t);
  cert(directory, "--out", ".");
  const args = ["verify", "-x509_strict", "-verify_hostname", "localhost", "-CAfile", "ca.pem", "cert.pem"];
  const { status, stdout, stderr } = spawnSync("openssl", args, { cwd: directory, encoding: "utf8" });
  assert.deepEqual([status, stdout.trim(), stderr], [0, "cert.pem: OK", ""]);
});

test("mosquitto_pub connects with the CA file over TLS", async (t) => {
  const directory = place(t);
  cert(directory, "--out", ".");
  const options = { cert: read(directory, "cert.pem"), key: read(directory, "key.pem") };
  const connects: Buffer[] = [];
  const server = createServer(options, (socket) => {
    socket.once("data", (packet) => {
      connects.push(packet);
      socket.write(Buffer.of(0x20, 2, 0, 0)); // CONNACK: accepted
    });
    socket.on("error", () => {});
  });
  t.after(() => server.close());
  server.listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = spawn("mosquitto_pub", [
    ...["--cafile", join(directory, "ca.pem"), "-h", "localhost", "-p", String(port)],
    ...["-t", "a/b", "-m", "x"],
  ]);
  t.after(() => client.kill());
  const [code] = await once(client, "exit", { signal: AbortSignal.timeout(20_000) });
  assert.equal(code, 0);
  assert.equal(connects[0]?.readUInt8(0), 0x10);
});

test("the files are three, and only their owner reads the key", (t) => {
  const directory = place(t);
  const { status, stdout } = cert(directory, "--days", "30");
  assert.equal(status, 0);
  assert.equal(statSync(join(directory, "certs", "key.pem")).mode & 0o777, 0o600);
  const made = new X509Certificate(read(directory, "certs/cert.pem"));
  const ca = new X509Certificate(read(directory, "certs/ca.pem"));
  assert.ok(ca.ca && !made.ca && made.checkIssued(ca) && made.verify(ca.publicKey));
  assert.match(stdout, /cert: "certs\/cert\.pem"\n +key: "certs\/key\.pem"\n/);
  assert.match(stdout, /mosquitto_pub --cafile certs\/ca\.pem -h localhost/);
  const days = (Date.parse(made.validTo) - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30, `${days} days`);
  assert.ok(Date.parse(made.validFrom) < Date.now() - 3_600_000);
});

test("the lines that it prints make a valid configuration", (t) => {
  const directory = place(t);
  const { stdout } = cert(directory);
  const lines = /^ {2}tls:\n(?: {4}.*\n)+/m.exec(stdout)?.[0] ?? "";
  writeFileSync(join(directory, "causeway.yaml"), lines);
  const checked = spawnSync(process.execPath, [main, "check-config", "--config", "causeway.yaml"], {
    cwd: directory,
    encoding: "utf8",
  });
  assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, "causeway.yaml is valid\n", ""]);
});

test("existing files are kept unless --force replaces them", (t) => {
  const directory = place(t);
  writeFileSync(join(directory, "key.pem"), "precious", { mode: 0o644 });
  const refused = cert(directory, "--out", ".");
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, /key\.pem exists; use --force to replace it/);
  assert.equal(read(directory, "key.pem"), "precious");
  assert.ok(!existsSync(join(directory, "ca.pem")));
  assert.equal(cert(directory, "--out", ".", "--force").status, 0);
  assert.match(read(directory, "key.pem"), /^-----BEGIN PRIVATE KEY-----/);
  assert.equal(statSync(join(directory, "key.pem")).mode & 0o777, 0o600);
});

test("--json names the files, the names and the end", (t) => {
  const { status, stdout } = cert(place(t), "--json", "--name", "2001:db8::7");
  assert.equal(status, 0);
  const made = JSON.parse(stdout);
  assert.deepEqual([made.ca, made.cert, made.key], ["certs/ca.pem", "certs/cert.pem", "certs/key.pem"]);
  for (const name of ["localhost", "127.0.0.1", "::1", "2001:db8::7"])
    assert.ok(made.names.includes(name), name);
  assert.ok(Date.parse(made.validTo) > Date.now());
});

for (const [flag, value] of [
  ["--days", "0"],
  ["--days", "9000"],
  ["--days", "a week"],
  ["--name", "https://example.org"],
  ["--name", "a b"],
  ["--name", "1.2.3.400"],
] as const)
  test(`${flag} ${value} is refused in one line`, (t) => {
    const directory = place(t);
    const { status, stderr } = cert(directory, flag, value);
    assert.equal(status, 64);
    assert.match(stderr, new RegExp(`^causeway: cert: ${flag} .*\\n$`));
    assert.ok(!existsSync(join(directory, "certs")));
  });
