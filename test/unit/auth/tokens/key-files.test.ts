import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { makeCertificate } from "../../../../src/cli/certificate.js";
import { loadConfig } from "../../../../src/config/load.js";
import { ecPair, edPair, jwkOf, type Pair, pemOf, rsaPair, signWith } from "../support/key-pairs.js";
import { connect, forge, open, place, refused, SECRET, soon } from "../support/tokens.js";

const rsa = rsaPair();
const otherRsa = rsaPair();
const ec = ecPair();
const ed = edPair();
const secret = randomBytes(32);
const oct = { kty: "oct", k: secret.toString("base64url"), alg: "HS256" };
const claims = () => ({ sub: "7", exp: soon() });

const good: [string, Pair, string, string, string?][] = [
  ["an RSA key in PEM", rsa, "RS256", pemOf(rsa.publicKey)],
  ["an RSA key in PKCS #1", rsa, "RS256", rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString()],
  ["an RSA key for PS256", rsa, "PS256", pemOf(rsa.publicKey), "PS256"],
  ["an EC key in PEM", ec, "ES256", pemOf(ec.publicKey)],
  ["an Ed25519 key in PEM", ed, "EdDSA", pemOf(ed.publicKey)],
  ["an Ed25519 key by its newer name", ed, "Ed25519", pemOf(ed.publicKey)],
  ["a JWK", ec, "ES256", JSON.stringify(jwkOf(ec.publicKey))],
  ["a JWK that names its algorithm", rsa, "RS512", JSON.stringify(jwkOf(rsa.publicKey, { alg: "RS512" }))],
  [
    "a JWKS, of which some keys are for encryption",
    ed,
    "EdDSA",
    JSON.stringify({ keys: [jwkOf(rsa.publicKey, { use: "enc" }), jwkOf(ed.publicKey, { use: "sig" })] }),
  ],
  ["several keys in PEM", ec, "ES256", pemOf(rsa.publicKey) + pemOf(ed.publicKey) + pemOf(ec.publicKey)],
];
for (const curve of ["P-384", "P-521"]) {
  const pair = ecPair(curve);
  good.push([`a key on ${curve}`, pair, curve === "P-384" ? "ES384" : "ES512", pemOf(pair.publicKey)]);
}
for (const [what, pair, alg, text, algorithm] of good)
  test(`a file may hold ${what}`, async (t) => {
    const file = place(t).write("keys", text);
    const { tokens } = await open(t, {
      keys: [{ file, ...(algorithm ? { algorithm: algorithm as "PS256" } : {}) }],
    });
    const token = await signWith(pair, claims(), { alg });
    const { user, credential = "" } = await connect(tokens, token);
    assert.deepEqual([user, credential.split(" ")[1]], ["7", file]);
    const other = alg.startsWith("ES")
      ? ecPair({ ES384: "P-384", ES512: "P-521" }[alg] ?? "P-256")
      : undefined;
    const stranger = other ?? (alg.startsWith("E") ? edPair() : otherRsa);
    const foreign = await signWith(stranger, claims(), { alg });
    await refused(connect(tokens, foreign), foreign, "credentials", /^it is not signed with /);
  });

test("a certificate stands for its key", async (t) => {
  const { cert, key } = await makeCertificate(["idp.example.org"], new Date(Date.now() + 3_600_000));
  const { tokens } = await open(t, { keys: [{ file: place(t).write("idp.pem", cert) }] });
  const { SignJWT, importPKCS8 } = await import("jose");
  const token = await new SignJWT(claims())
    .setProtectedHeader({ alg: "RS256" })
    .sign(await importPKCS8(key, "RS256"));
  assert.equal((await connect(tokens, token)).user, "7");
});

test("a secret key may be in a file, with its algorithm", async (t) => {
  const files = place(t);
  const { alg: _, ...bare } = oct;
  for (const [name, jwk, algorithm] of [
    ["a.json", oct, undefined],
    ["b.json", bare, "HS256" as const],
  ] as const) {
    const file = files.write(name, JSON.stringify(jwk));
    const { tokens } = await open(t, { keys: [{ file, ...(algorithm ? { algorithm } : {}) }] });
    const token = forge({ alg: "HS256" }, claims(), secret);
    assert.equal((await connect(tokens, token)).user, "7");
    const other = forge({ alg: "HS512" }, claims(), secret);
    await refused(connect(tokens, other), other, "credentials", /algorithm is not one of its keys: HS256/);
  }
});

test("a key is for its own algorithms, whatever a token claims", async (t) => {
  const files = place(t);
  const pem = pemOf(rsa.publicKey);
  const file = files.write("rsa.pem", pem);
  const ecFile = files.write("ec.json", JSON.stringify(jwkOf(ec.publicKey, { kid: "ec" })));
  const { tokens } = await open(t, { secret: SECRET, keys: [{ file }, { file: ecFile }] });
  const der = rsa.publicKey.export({ type: "spki", format: "der" });
  const forged: string[] = [
    forge({ alg: "HS256" }, claims(), pem),
    forge({ alg: "HS256" }, claims(), pem.trim()),
    forge({ alg: "HS256" }, claims(), der),
    forge({ alg: "HS256", kid: "ec" }, claims(), JSON.stringify(jwkOf(ec.publicKey))),
    forge({ alg: "RS256" }, claims(), SECRET),
    forge({ alg: "RS256" }, claims(), pem),
    forge({ alg: "none" }, claims(), pem),
    forge({ alg: "ES256" }, claims(), pem),
    forge({ alg: "toString" }, claims(), pem),
    await signWith(rsa, claims(), { alg: "RS384" }),
    await signWith(rsa, claims(), { alg: "PS256" }),
    await signWith(rsa, claims(), { alg: "RS256", kid: "ec" }).then((token) => `${token.slice(0, -4)}AAAA`),
  ];
  for (const token of forged)
    await refused(connect(tokens, token), token, "credentials", /not signed with|algorithm is not/);
});

test("a token that names its key is checked with that one, or with those without a name", async (t) => {
  const files = place(t);
  const set = { keys: [jwkOf(ec.publicKey, { kid: "a" }), jwkOf(ecPair().publicKey, { kid: "b" })] };
  const keys = [
    { file: files.write("set.json", JSON.stringify(set)) },
    { file: files.write("rsa.pem", pemOf(rsa.publicKey)) },
  ];
  const { tokens } = await open(t, { keys });
  const named = await signWith(ec, claims(), { alg: "ES256", kid: "a" });
  assert.match((await connect(tokens, named)).credential ?? "", /set\.json "a"$/);
  assert.equal((await connect(tokens, await signWith(ec, claims(), { alg: "ES256" }))).user, "7");
  assert.equal((await connect(tokens, await signWith(rsa, claims(), { alg: "RS256", kid: "x" }))).user, "7");
  const byAnother = await signWith(ec, claims(), { alg: "ES256", kid: "b" });
  await refused(connect(tokens, byAnother), byAnother, "credentials", /not signed with/);
  const byNone = await signWith(ec, claims(), { alg: "ES256", kid: "c" });
  await refused(connect(tokens, byNone), byNone, "credentials", /no key of the name \("kid"\)/);
  for (const kid of [7, null, {}]) {
    const odd = forge({ alg: "ES256", kid }, claims());
    await refused(connect(tokens, odd), odd, "credentials", /not a signed JWT/);
  }
});

test("of many keys a token has to name its own", async (t) => {
  const set = { keys: Array.from({ length: 17 }, (_, i) => jwkOf(ecPair().publicKey, { kid: `k${i}` })) };
  set.keys[16] = jwkOf(ec.publicKey, { kid: "mine" });
  const { tokens } = await open(t, { keys: [{ file: place(t).write("set.json", JSON.stringify(set)) }] });
  assert.equal(
    (await connect(tokens, await signWith(ec, claims(), { alg: "ES256", kid: "mine" }))).user,
    "7",
  );
  const nameless = await signWith(ec, claims(), { alg: "ES256" });
  await refused(connect(tokens, nameless), nameless, "credentials", /any of 17 keys: it must name its own/);
});

const bad: [string, () => string, RegExp, string?][] = [
  ["a private key", () => pemOf(rsa.privateKey), /holds a private key; make the public one: openssl/],
  ["a private JWK", () => JSON.stringify(jwkOf(ec.privateKey)), /holds a private key/],
  ["a short RSA key", () => pemOf(rsaPair(1024).publicKey), /an RSA key of 1024 bits; use one of 2048/],
  ["a short secret", () => JSON.stringify({ ...oct, k: "AAAA" }), /a secret key of 3 bytes; use one of 32/],
  ["a secret for nothing", () => JSON.stringify({ ...oct, alg: undefined }), /without alg; set algorithm/],
  ["a secret for RSA", () => JSON.stringify({ ...oct, alg: "RS256" }), /secret key, which is not for RS256/],
  ["a secret in base64", () => JSON.stringify({ ...oct, k: "+/+/".repeat(20) }), /k is not in base64url/],
  ["another curve", () => pemOf(ecPair("secp256k1").publicKey), /a key on secp256k1; use P-256/],
  ["a key that signs nothing", () => pemOf(generateKeyPairSync("x25519").publicKey), /kind x25519/],
  ["an EC key for RS256", () => pemOf(ec.publicKey), /a key for ES256, and not for RS256/, "RS256"],
  ["an RSA key for HS256", () => pemOf(rsa.publicKey), /and not for HS256/, "HS256"],
  [
    "a JWK for another algorithm",
    () => JSON.stringify(jwkOf(rsa.publicKey, { alg: "PS256" })),
    /a key for PS256, and not for RS256/,
    "RS256",
  ],
  [
    "a JWK for no algorithm of ours",
    () => JSON.stringify(jwkOf(rsa.publicKey, { alg: "none" })),
    /alg is none/,
  ],
  [
    "a JWK for encryption",
    () => JSON.stringify(jwkOf(rsa.publicKey, { use: "enc" })),
    /no key for signatures/,
  ],
  [
    "a JWK that is not on its curve",
    () => JSON.stringify(jwkOf(ec.publicKey, { x: "A".repeat(43) })),
    /cannot be read/,
  ],
  ["a JWK of no kind", () => "{}", /cannot be read/],
  ["a set without keys", () => '{"keys":[]}', /no key for signatures/],
  ["a set that is none", () => '{"keys":{}}', /no set of keys/],
  ["a set with one bad key", () => JSON.stringify({ keys: [jwkOf(ec.publicKey), 7] }), /no JSON object/],
  ["a list", () => "[]", /no JSON object/],
  ["JSON that breaks off", () => '{"keys":[', /neither JSON nor PEM/],
  ["a broken PEM", () => pemOf(rsa.publicKey).replace(/M.{20}/, "M"), /cannot be read/],
  ["nothing", () => "", /no public key in PEM form and no JWK/],
  [
    "garbage",
    () => randomBytes(100).toString("latin1").replaceAll("{", ""),
    /no public key in PEM form|neither/,
  ],
];
for (const [what, text, reason, algorithm] of bad)
  test(`a file with ${what} is refused by name, and nothing of it is shown`, (t) => {
    const content = text();
    const file = place(t).write("keys", content);
    const keys = [{ file, ...(algorithm ? { algorithm: algorithm as "RS256" } : {}) }];
    assert.throws(
      () => loadConfig({ env: {}, flags: { tokens: { keys } } }),
      (error: Error) => {
        assert.match(error.message, reason);
        assert.ok(error.message.includes("tokens.keys[0].file: "), error.message);
        for (const line of content.split(/[\n"]/))
          if (line.length > 20) assert.ok(!error.message.includes(line));
        return true;
      },
    );
  });

test("a file that is not there is named", () => {
  assert.throws(
    () => loadConfig({ env: {}, flags: { tokens: { keys: [{ file: "/nowhere/key.pem" }] } } }),
    /tokens\.keys\[0\]\.file: "\/nowhere\/key\.pem" is no file/,
  );
});

test("a file is read again: a new key counts, and whom a removed one let in stands no longer", async (t) => {
  const files = place(t);
  const file = files.write("key.pem", pemOf(ec.publicKey));
  const { tokens, files: watched, lines, changes } = await open(t, { secret: SECRET, keys: [{ file }] });
  const old = await signWith(ec, claims(), { alg: "ES256" });
  const admitted = await connect(tokens, old);
  const bySecret = await connect(tokens, forge({ alg: "HS256" }, claims()));
  const next = ecPair();
  files.write("key.pem", pemOf(ec.publicKey) + pemOf(next.publicKey));
  await watched.reload();
  assert.deepEqual([tokens.stands(admitted), changes()], [true, 0]);
  const fresh = await signWith(next, claims(), { alg: "ES256" });
  const later = await connect(tokens, fresh);
  files.write("key.pem", "garbage");
  await watched.reload();
  assert.ok(tokens.stands(admitted) && tokens.stands(later), "what was in force stays");
  assert.equal((await connect(tokens, fresh)).user, "7");
  rmSync(file);
  await watched.reload();
  assert.deepEqual([tokens.stands(admitted), watched.faulty], [true, 1]);
  files.write("key.pem", pemOf(next.publicKey));
  await watched.reload();
  assert.deepEqual([changes(), watched.faulty], [1, 0]);
  assert.deepEqual(
    [admitted, later, bySecret].map((one) => tokens.stands({ ...one })),
    [false, true, true],
  );
  await refused(connect(tokens, old), old, "credentials", /not signed with/);
  assert.ok(!JSON.stringify(lines.all).includes("BEGIN"));
  assert.equal(tokens.stands({ ...admitted, proof: "password", credential: undefined }), true);
});
