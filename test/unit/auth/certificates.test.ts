import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt } from "../../../src/access/gate.js";
import type { ClientCertificate } from "../../../src/access/peer.js";
import { Certificates } from "../../../src/auth/certificates.js";

const certificate = { user: "pump-1", issuer: "aa", serial: "0b", expiresAt: 4_000_000_000_000 };

function method(...revoked: string[]) {
  return new Certificates({
    isRevoked: (issuer, serial) => revoked.includes(`${issuer}:${serial}`),
    onChange: () => () => undefined,
  });
}

function attempt(shown: ClientCertificate | undefined, more: object = {}): Attempt {
  return { door: "mqtt", peer: { address: "192.0.2.7", port: 1, secure: true, certificate: shown }, ...more };
}

test("a certificate says who one is, and until when", async () => {
  const principal = await method().admit(attempt(certificate, { username: "somebody else", clientId: "c" }));
  assert.deepEqual(
    [principal?.user, principal?.proof, principal?.credential, principal?.expiresAt, principal?.unrestricted],
    ["pump-1", "certificate", "aa:0b", 4_000_000_000_000, false],
  );
});

test("whoever brings anything else, or no certificate, is somebody else's to judge", async () => {
  for (const more of [
    { username: "u", password: "" },
    { token: "t" },
    { key: "k" },
    { cookie: "c" },
    { signedUrl: { channel: "c", query: new URLSearchParams("signature=s") } },
  ])
    assert.equal(await method().admit(attempt(certificate, more)), undefined);
  assert.equal(await method().admit(attempt(undefined)), undefined);
});

test("a channel's URL that is not signed is nothing that one brings", async () => {
  const signedUrl = { channel: "c", query: new URLSearchParams("a=b") };
  assert.equal((await method().admit(attempt(certificate, { door: "v3", signedUrl })))?.user, "pump-1");
});

test("one without a name, and one that is revoked, lets nobody in", async () => {
  await assert.rejects(method().admit(attempt({ ...certificate, user: "" })), /names no user/);
  await assert.rejects(method("aa:0b").admit(attempt(certificate)), /0b is revoked/);
  await assert.doesNotReject(method("ab:0b", "aa:0c").admit(attempt(certificate)));
});

test("it stands until it is revoked; others are not its own to judge", async () => {
  const principal = await method().admit(attempt(certificate));
  assert.ok(principal);
  assert.equal(method().stands(principal), true);
  assert.equal(method("aa:0b").stands({ ...principal, scopes: new Set() }), false);
  assert.equal(method("aa:0b").stands({ ...principal, proof: "token" }), true);
});
