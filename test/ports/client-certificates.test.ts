import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:https";
import { type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { type Authority, authority, type Issued } from "../helpers/authority.js";
import { type Finished, run } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import { TlsGround } from "./tls-ground.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/* Client certificates (mTLS), with the shell's own clients where these can do it. */

interface Ground {
  readonly ground: TlsGround;
  /** Of the server's certificate. */
  readonly ca: string;
  readonly devices: Authority;
}

async function start(t: TestContext, clients: object = {}, listener = "mqtts"): Promise<Ground> {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  await ground.write("server-ca.pem", ca);
  const devices = authority("devices");
  await ground.write("devices.pem", devices.certificate);
  await ground.start({ clients: { [listener]: { ca: ground.file("devices.pem"), ...clients } } });
  return { ground, ca, devices };
}

/** mosquitto_pub with a client certificate, or without. */
async function publish({ ground }: Ground, issued: Issued | undefined): Promise<Finished> {
  const shown = issued
    ? [
        "--cert",
        await ground.write("client.pem", issued.certificate),
        "--key",
        await ground.write("client.key", issued.key),
      ]
    : [];
  const to = ["-h", "localhost", "-p", String(ground.port), "--cafile", ground.file("server-ca.pem")];
  return run("mosquitto_pub", [...to, ...shown, "-t", "t", "-m", "x", "-q", "1"]);
}

test("required: a good certificate lets in; none, another authority's and an ended one do not", async (t) => {
  const all = await start(t);
  const { ground, devices } = all;
  const good = await publish(all, devices.issue("pump-1"));
  assert.equal(good.code, 0, good.stderr);

  const refused = async (issued: Issued | undefined, reason: RegExp) => {
    const said = ground.next(/^TLS handshake failed$/);
    assert.notEqual((await publish(all, issued)).code, 0);
    assert.match(String((await said).reason), reason);
  };
  await refused(undefined, /peer did not return a certificate/);
  await refused(authority("devices").issue("pump-1"), /DEPTH_ZERO|UNABLE_TO|SIGNATURE/);
  await refused(devices.issue("pump-1", { days: -1 }), /CERT_HAS_EXPIRED/);
  const again = await publish(all, devices.issue("pump-1"));
  assert.equal(again.code, 0, again.stderr);
});

test("not required: without one it goes on as without TLS; a bad one closes the connection", async (t) => {
  const all = await start(t, { required: false });
  const { ground, devices } = all;
  for (const issued of [undefined, devices.issue("pump-1")]) {
    const { code, stderr } = await publish(all, issued);
    assert.equal(code, 0, stderr);
  }
  for (const [issued, reason] of [
    [authority("strangers").issue("pump-1"), /UNABLE_TO|DEPTH_ZERO/],
    [devices.issue("pump-1", { days: -1 }), /CERT_HAS_EXPIRED/],
  ] as const) {
    const said = ground.next(/^client certificate refused$/);
    assert.notEqual((await publish(all, issued)).code, 0);
    assert.match(String((await said).reason), reason);
  }
});

test("the name in the certificate is the user, whatever name comes with it; a password counts instead", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  const devices = authority("devices");
  const file = await ground.write("devices.pem", devices.certificate);
  const accounts = ground.file("accounts");
  const made = await run(
    process.execPath,
    [MAIN, "passwd", "--stdin", accounts, "somebody"],
    "a long password\n",
  );
  assert.equal(made.code, 0, made.stderr);
  const server = await ground.start(
    { http: false, clients: { mqtts: { ca: file, required: false } } },
    { allowAnonymous: false, accounts: { file: accounts } },
  );
  const url = `mqtts://localhost:${ground.port}`;
  const { certificate: cert, key } = devices.issue("pump-1");
  const user = async (options: object) => {
    const from = server.log.length;
    const client = await connect(t, url, { ca, ...options });
    await client.end();
    const line = await server.logged((one) => server.log.indexOf(one) >= from && one.msg === "let in");
    return [line.user, line.proof];
  };
  assert.deepEqual(await user({ cert, key }), ["pump-1", "certificate"]);
  assert.deepEqual(await user({ cert, key, username: "somebody" }), ["pump-1", "certificate"]);
  const password = { username: "somebody", password: "a long password" };
  assert.deepEqual(await user({ cert, key, ...password }), ["somebody", "password"]);
  assert.deepEqual(await user(password), ["somebody", "password"]);
  await assert.rejects(connect(t, url, { ca }), /Not authorized|Bad username/);
  await assert.rejects(connect(t, url, { ca, username: "pump-1" }), /Not authorized|Bad username/);
  const nameless = devices.issue("");
  await assert.rejects(
    connect(t, url, { ca, cert: nameless.certificate, key: nameless.key }),
    /Not authorized|Bad username/,
  );
});

test("over HTTPS: REST and MQTT over WebSocket need one where it is required", async (t) => {
  const { ground, ca, devices } = await start(t, {}, "http");
  const { port } = ground.server.http;
  const { certificate: cert, key } = devices.issue("panel");
  const status = (options: object) =>
    new Promise((resolve, reject) => {
      const asked = request({ host: "localhost", port, path: "/readyz", ca, agent: false, ...options });
      asked.once("response", (response) => resolve(response.resume().statusCode)).once("error", reject);
      asked.end();
    });
  assert.equal(await status({ cert, key }), 200);
  await assert.rejects(status({}));
  const url = `wss://localhost:${port}/mqtt`;
  const client = await connect(t, url, { ca, cert, key });
  await client.publish("t", "x", 1);
  await assert.rejects(connect(t, url, { ca }));
  // The other listener asks for none.
  await connect(t, `mqtts://localhost:${ground.port}`, { ca });
});

test("a revoked certificate is refused", async (t) => {
  const ground = await TlsGround.create(t);
  const devices = authority("devices");
  const [kept, revoked] = [devices.issue("kept"), devices.issue("revoked", { serial: "00ab12" })];
  const crl = await ground.write("revoked.pem", devices.revocations(["00ab12"]));
  const ca = await ground.pair("server");
  await ground.write("server-ca.pem", ca);
  const file = await ground.write("devices.pem", devices.certificate);
  await ground.start({ clients: { mqtts: { ca: file, crl } } });
  const all = { ground, ca, devices };
  const good = await publish(all, kept);
  assert.equal(good.code, 0, good.stderr);
  const said = ground.next(/^TLS handshake failed$/);
  assert.notEqual((await publish(all, revoked)).code, 0);
  assert.match(String((await said).reason), /CERT_REVOKED/);
});

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const)
  for (const required of [true, false])
    test(`a list that is read again cuts who is on it now; by no ticket he comes back (${maxVersion}, required: ${required})`, async (t) => {
      const ground = await TlsGround.create(t);
      const devices = authority("devices");
      const crl = await ground.write("revoked.pem", devices.revocations([]));
      const ca = await ground.pair("server");
      const file = await ground.write("devices.pem", devices.certificate);
      await ground.start({ clients: { mqtts: { ca: file, crl, required } } });
      const as = ({ certificate: cert, key }: Issued, session?: Buffer) =>
        ground.connect({ ca, cert, key, maxVersion, ...(session ? { session } : {}) });
      const [one, two] = [devices.issue("one", { serial: "0a01" }), devices.issue("two", { serial: "0a02" })];
      const [kept, cut] = [await as(one), await as(two)];
      const session = cut.getSession() as Buffer;
      assert.equal((await as(two, session)).isSessionReused(), true, "tickets are good until then");

      const closed = once(cut, "close");
      const read = ground.next(/^authorities .*read again$/);
      await ground.write("revoked.pem", devices.revocations(["0a02"]));
      await Promise.all([closed, read]);
      await assert.rejects(as(two));
      await assert.rejects(as(two, session));
      await pinged(kept);
      await as(one);
    });

test("a list that is not well formed keeps the old one", async (t) => {
  const ground = await TlsGround.create(t);
  const devices = authority("devices");
  const crl = await ground.write("revoked.pem", devices.revocations(["0a02"]));
  const ca = await ground.pair("server");
  const file = await ground.write("devices.pem", devices.certificate);
  await ground.start({ clients: { mqtts: { ca: file, crl } } });
  for (const text of ["", "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n"]) {
    const refused = ground.next(/^authorities .*not taken/);
    await ground.write("revoked.pem", text);
    assert.match(String((await refused).reason), /revoked\.pem.*revocation list/);
  }
  const { certificate: cert, key } = devices.issue("two", { serial: "0a02" });
  await assert.rejects(ground.connect({ ca, cert, key }));
  const other = devices.issue("one");
  await ground.connect({ ca, cert: other.certificate, key: other.key });
});

test("with a list that is overdue, or for an authority without one, nobody is let in, and the log says so", async (t) => {
  const ground = await TlsGround.create(t);
  const [devices, panels] = [authority("devices"), authority("panels")];
  const crl = await ground.write("revoked.pem", devices.revocations([], -1));
  const ca = await ground.pair("server");
  const file = await ground.write("devices.pem", devices.certificate + panels.certificate);
  const server = await ground.start({ clients: { mqtts: { ca: file, crl } } });
  const line = await server.logged(({ msg }) => msg.startsWith("the revocation list has expired"));
  assert.equal(line.key, "tls.clients.mqtts.crl");
  const refused = async (issued: Issued, reason: RegExp) => {
    const said = ground.next(/^TLS handshake failed$/);
    await assert.rejects(ground.connect({ ca, cert: issued.certificate, key: issued.key }));
    assert.match(String((await said).reason), reason);
  };
  await refused(devices.issue("one"), /CRL_HAS_EXPIRED/);
  await refused(panels.issue("two"), /UNABLE_TO_GET_CRL/);
  const read = ground.next(/^authorities .*read again$/);
  await ground.write("revoked.pem", devices.revocations([]) + panels.revocations([]));
  await read;
  for (const issued of [devices.issue("one"), panels.issue("two")])
    await ground.connect({ ca, cert: issued.certificate, key: issued.key });
});

async function pinged(socket: TLSSocket): Promise<void> {
  const answer = once(socket, "data");
  socket.write(Buffer.from([0xc0, 0]));
  assert.equal(((await answer)[0] as Buffer)[0], 0xd0);
}
