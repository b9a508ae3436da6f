import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { rotate } from "./rotation.js";
import { serialOf, TlsGround } from "./tls-ground.js";

test("a new certificate is in force without a restart, and 200 live connections stay", (t) => rotate(t, 200));

test("bad new files keep the old pair in force, and one line says which file and why", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  await ground.start();
  const serial = serialOf(await ground.connect({ ca }));
  await ground.pair("other");

  const fails = async (text: string, reason: RegExp) => {
    const said = ground.next(/^certificate .*not taken/);
    await ground.write("server.key", text);
    const line = await said;
    assert.match(String(line.reason), reason);
    assert.match(String(line.reason), /server\.key/);
    assert.ok(!JSON.stringify(line).includes("BEGIN"));
    assert.equal(serialOf(await ground.connect({ ca })), serial);
  };
  await fails(await readFile(ground.file("other.key"), "utf8"), /is not the key of the certificate in/);
  await fails("nothing of the kind", /holds no private key/);

  const read = ground.next(/^certificate .*read again$/);
  const newCa = await ground.pair("server");
  await read;
  assert.notEqual(serialOf(await ground.connect({ ca: newCa })), serial);
});

test("a key that comes before its certificate is waited for", async (t) => {
  const ground = await TlsGround.create(t);
  await ground.pair("server");
  const server = await ground.start();
  const ca = await ground.pair("next");
  const refused = ground.next(/^certificate .*not taken/);
  await rename(ground.file("next.key"), ground.file("server.key"));
  await refused;
  const read = ground.next(/^certificate .*read again$/);
  await rename(ground.file("next.pem"), ground.file("server.pem"));
  await read;
  await ground.connect({ ca });
  assert.ok(server.alive);
});

test("a session that was begun before is not resumed after", async (t) => {
  const ground = await TlsGround.create(t);
  const ca = await ground.pair("server");
  await ground.start();
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const session = await sessionOf(ground, { ca, maxVersion });
    const again = await ground.connect({ ca, maxVersion, session });
    assert.equal(again.isSessionReused(), true, maxVersion);
  }
  const sessions = [
    { maxVersion: "TLSv1.2" as const, session: await sessionOf(ground, { ca, maxVersion: "TLSv1.2" }) },
    { maxVersion: "TLSv1.3" as const, session: await sessionOf(ground, { ca, maxVersion: "TLSv1.3" }) },
  ];
  const read = ground.next(/^certificate .*read again$/);
  const newCa = await ground.pair("server");
  await read;
  for (const session of sessions) {
    const again = await ground.connect({ ca: newCa, ...session });
    assert.equal(again.isSessionReused(), false);
  }
});

test("when it ends is in the metrics; an end that is near, and one that has come, in the log", async (t) => {
  const ground = await TlsGround.create(t);
  await ground.pair("server", ["localhost"], 5);
  await ground.pair("gone", ["gone.example"], -1);
  const server = await ground.start({
    http: false,
    names: [{ names: ["gone.example"], cert: ground.file("gone.pem"), key: ground.file("gone.key") }],
  });
  const soon = await server.logged(({ msg }) => msg.startsWith("the certificate ends soon"));
  assert.deepEqual(
    [soon.key, soon.file, soon.days, soon.level],
    ["tls.cert", ground.file("server.pem"), 4, 40],
  );
  const over = await server.logged(({ msg }) => msg.startsWith("the certificate has expired"));
  assert.deepEqual([over.key, over.level], ["tls.names[0].cert", 50]);
  const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
  const [, value] = /^causeway_tls_certificate_expiry_seconds\{key="tls\.cert"\} (\d+)$/m.exec(metrics) ?? [];
  const { validTo } = new X509Certificate(await readFile(ground.file("server.pem")));
  assert.equal(Number(value), Date.parse(validTo) / 1_000);
});

test("of a certificate that has ended already the log tells when it is put in place, and not a day later", async (t) => {
  const ground = await TlsGround.create(t);
  await ground.pair("server");
  await ground.start();
  const told = ground.next(/^the certificate has expired/);
  await ground.pair("server", ["localhost"], -1);
  const line = await told;
  assert.deepEqual([line.key, line.file, line.level], ["tls.cert", ground.file("server.pem"), 50]);
});

test("certificates by host name: exact, one level of a star, and the listener's own for the rest", async (t) => {
  const ground = await TlsGround.create(t);
  const cas = [await ground.pair("server"), await ground.pair("exact"), await ground.pair("star")];
  await ground.pair("http");
  const named = (name: string, names: string[]) => ({
    names,
    cert: ground.file(`${name}.pem`),
    key: ground.file(`${name}.key`),
  });
  const server = await ground.start({
    names: [named("exact", ["Broker.Example"]), named("star", ["*.example"])],
    listeners: { http: { cert: ground.file("http.pem"), key: ground.file("http.key") } },
  });
  const serials = new Map<string, string>();
  for (const name of ["server", "exact", "star", "http"])
    serials.set(new X509Certificate(await readFile(ground.file(`${name}.pem`))).serialNumber, name);
  const shown = async (servername: string, port?: number) => {
    const socket = await ground.connect({ rejectUnauthorized: false, servername }, port);
    return serials.get(serialOf(socket));
  };
  assert.equal(await shown("broker.example"), "exact");
  assert.equal(await shown("BROKER.EXAMPLE"), "exact");
  assert.equal(await shown("other.example"), "star");
  assert.equal(await shown("deep.other.example"), "server");
  assert.equal(await shown("example"), "server");
  assert.equal(await shown("localhost"), "server");
  assert.equal(cas.length, 3);
  const read = ground.next(/^certificate \(tls\.names\[0\]\) read again$/);
  await ground.pair("exact");
  await read;
  serials.set(new X509Certificate(await readFile(ground.file("exact.pem"))).serialNumber, "renewed");
  assert.equal(await shown("broker.example"), "renewed");
  assert.equal(await shown("localhost"), "server");
  await writeFile(ground.file("exact.pem"), "");
  assert.equal(server.alive, true);
});

async function sessionOf(ground: TlsGround, options: object): Promise<Buffer> {
  const socket = await ground.connect(options);
  // TLS 1.3 sends its tickets after the handshake; CONNACK, which has come, was sent later.
  return socket.getSession() as Buffer;
}
