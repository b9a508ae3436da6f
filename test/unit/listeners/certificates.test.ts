import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { clientCertificate } from "../../../src/listeners/certificates/client-certificate.js";
import { ExpiryWatch } from "../../../src/listeners/certificates/expiry-watch.js";
import { revocationListsOf } from "../../../src/listeners/certificates/revocation-list.js";
import { ServerNames } from "../../../src/listeners/certificates/server-names.js";
import { authority } from "../../helpers/authority.js";
import { run } from "../../helpers/command.js";

const devices = authority("Devices of  Example");

describe("what a client certificate says", () => {
  const issued = devices.issue("pump-1", { serial: "00ab12", dns: "pump-1.example" });
  const certificate = new X509Certificate(issued.certificate);

  test("is who it is, by the name that is asked for, who issued it and under which number", () => {
    const { user, serial, expiresAt, issuer } = clientCertificate(certificate, "cn");
    assert.deepEqual([user, serial], ["pump-1", "ab12"]);
    assert.equal(expiresAt, Date.parse(certificate.validTo));
    assert.match(issuer, /^[\da-f]{32}$/);
    assert.equal(clientCertificate(certificate, "dns").user, "pump-1.example");
    assert.equal(clientCertificate(certificate, "email").user, "");
    assert.equal(clientCertificate(certificate, "uri").user, "");
    assert.equal(clientCertificate(new X509Certificate(devices.issue("").certificate), "cn").user, "");
  });

  test("is the same issuer in a revocation list, and another's is another", () => {
    const { issuer } = clientCertificate(certificate, "cn");
    const [list] = revocationListsOf("crl", devices.revocations(["00ab12", "7f"]));
    assert.equal(list?.issuer, issuer);
    assert.deepEqual([...(list?.serials ?? [])], ["ab12", "7f"]);
    assert.ok(Math.abs((list?.nextUpdate ?? 0) - Date.now() - 30 * 86_400_000) < 60_000);
    const [other] = revocationListsOf("crl", authority("others").revocations([]));
    assert.notEqual(other?.issuer, issuer);
    assert.equal(other?.serials.size, 0);
  });

  test("is made by OpenSSL as well, with other kinds of text and several names", async (t) => {
    const { file, openssl } = shell(t);
    await openssl(
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file("key"), "-out", file("cert")],
      ["-subj", "/O=Beispiel GmbH/CN=Pumpe-ä", "-days", "2", "-set_serial", "0xdeadbeefcafe"],
      ["-addext", "subjectAltName=DNS:a.example,email:a@example.org,URI:urn:device:7", "-utf8"],
    );
    const text = await openssl(["x509", "-in", file("cert")]);
    const made = new X509Certificate(text);
    assert.deepEqual(
      (["cn", "dns", "email", "uri"] as const).map((field) => clientCertificate(made, field).user),
      ["Pumpe-ä", "a.example", "a@example.org", "urn:device:7"],
    );
    assert.equal(clientCertificate(made, "cn").serial, "deadbeefcafe");
  });

  test("names nobody when there are several common names, or one with a control character", async (t) => {
    const { file, openssl } = shell(t);
    const named = async (subject: string) => {
      await openssl(
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file("key"), "-out", file("cert")],
        ["-subj", subject, "-days", "2", "-utf8"],
      );
      return clientCertificate(new X509Certificate(await openssl(["x509", "-in", file("cert")])), "cn").user;
    };
    assert.equal(await named("/CN=one/CN=two"), "");
    assert.equal(await named("/CN=one\u0007two"), "");
    assert.equal(await named("/CN=one two"), "one two");
  });
});

describe("revocation lists", () => {
  test("of OpenSSL, with reasons and extensions, several in one file", async (t) => {
    const { file, openssl } = shell(t);
    writeFileSync(file("index"), `R\t400101000000Z\t200101000000Z,keyCompromise\t0F00\tunknown\t/CN=x\n`);
    writeFileSync(file("number"), "1000\n");
    const config = `[ca]\ndefault_ca=d\n[d]\ndatabase=${file("index")}\ncrlnumber=${file("number")}\ndefault_md=sha256\ndefault_crl_days=9\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n`;
    writeFileSync(file("config"), config);
    await openssl(
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file("key"), "-out", file("cert")],
      ["-subj", "/CN=devices of example"],
    );
    await openssl(
      ["ca", "-config", file("config"), "-gencrl", "-keyfile", file("key"), "-cert", file("cert")],
      ["-out", file("crl")],
    );
    const pem = await openssl(["crl", "-in", file("crl")]);
    const [first, second] = revocationListsOf("crl", `${pem}\n${devices.revocations(["01"])}`);
    assert.deepEqual([...(first?.serials ?? [])], ["f00"]);
    assert.deepEqual([...(second?.serials ?? [])], ["1"]);
    // Neither the kind of text nor its case makes it another name (RFC 5280, section 7.1).
    assert.equal(first?.issuer, second?.issuer);
  });

  test("that are none, or broken, are refused by the name of the file", () => {
    const broken = devices.revocations(["01"]).replace(/\n.{20}/, "\n");
    for (const text of ["", "x", devices.certificate, broken])
      assert.throws(() => revocationListsOf("revoked.pem", text), /^Error: "revoked\.pem" holds /);
  });
});

test("host names: exact before a star, which stands for one level", () => {
  const names = new ServerNames([
    ["*.example", "star"],
    ["A.example", "exact"],
    ["a.example", "later"],
  ]);
  const found = ["a.example", "A.EXAMPLE.", "b.example", "c.b.example", "example", ".example", ""].map(
    (name) => names.find(name),
  );
  assert.deepEqual(found, ["exact", "exact", "star", undefined, undefined, undefined, undefined]);
});

test("what ends is told of at the start and daily, a warning first and then an error", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  const day = 86_400_000;
  const lines: string[] = [];
  const say = (level: string) => (details: object, text: string) => {
    const { days, file } = details as { days: number; file: string };
    lines.push(`${level} ${file} ${days} ${text.slice(0, text.indexOf(":"))}`);
  };
  const expiring = [
    { key: "tls.cert", file: "near.pem", what: "certificate" as const, at: 2 * day + 1 },
    { key: "tls.cert", file: "far.pem", what: "certificate" as const, at: 400 * day },
  ];
  const watch = new ExpiryWatch(() => expiring, { days: 3, log: { warn: say("warn"), error: say("error") } });
  watch.look();
  t.mock.timers.tick(day);
  t.mock.timers.tick(day);
  t.mock.timers.tick(day);
  watch.close();
  t.mock.timers.tick(day);
  assert.deepEqual(lines, [
    "warn near.pem 2 the certificate ends soon",
    "warn near.pem 1 the certificate ends soon",
    "warn near.pem 0 the certificate ends soon",
    "error near.pem -1 the certificate has expired",
  ]);
});

test("what has ended, or ends sooner than what was there, is told of when it is put in place; a renewal is not", () => {
  const day = 86_400_000;
  const lines: string[] = [];
  const say = (details: object) => lines.push((details as { file: string }).file);
  const now = Date.now();
  const list = (file: string, days: number) => ({
    key: file,
    file,
    what: "revocation list" as const,
    at: now + days * day,
  });
  let expiring = [list("short", 1), list("long", 400)];
  const watch = new ExpiryWatch(() => expiring, { days: 3, log: { warn: say, error: say } });
  const put = (...lists: typeof expiring) => {
    expiring = lists;
    watch.lookAtNew();
    return lines.splice(0);
  };
  watch.look();
  assert.deepEqual(lines.splice(0), ["short"]);
  assert.deepEqual(put(list("short", 1), list("long", 400)), []);
  assert.deepEqual(put(list("short", 2), list("long", 400)), []);
  assert.deepEqual(put(list("short", 2), list("long", 2)), ["long"]);
  assert.deepEqual(put(list("short", 2), list("long", -2)), ["long"]);
  assert.deepEqual(put(list("short", 2), list("long", -1)), ["long"]);
  assert.deepEqual(put(list("short", 2), list("long", -1)), []);
  watch.close();
});

function shell(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "causeway-openssl-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return {
    file: (name: string) => join(directory, name),
    async openssl(...args: string[][]): Promise<string> {
      const { code, stdout, stderr } = await run("openssl", args.flat());
      assert.equal(code, 0, stderr);
      return stdout;
    },
  };
}
