import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { compactVerify, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { WebSocket } from "ws";
import { startServer } from "../helpers/server.js";

const main = join(import.meta.dirname, "..", "..", "dist", "main.js");
const SECRET = "a secret that is long enough: 32+";

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "causeway-token-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function token(cwd: string, flags: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "token", ...flags], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const env = { CAUSEWAY_TOKENS_SECRET: SECRET };

test("it prints the token and nothing else, signed with the secret of the configuration", async (t) => {
  const directory = place(t);
  const tokens = { secret: SECRET, audience: "dashboard", issuer: "ops", clientIdClaim: "device" };
  writeFileSync(join(directory, "causeway.yaml"), JSON.stringify({ tokens }));
  const { status, stdout, stderr } = token(directory, [
    ...["--config", "causeway.yaml", "--user", "ann", "--expires", "90m", "--client-id", "d1"],
    ...["--publish", "devices/%u/#", "--publish", "log", "--subscribe", "+/status"],
    ...["--scope", "read", "--scope", "metrics", "--info", '{"name":"Ann"}', "--kid", "k1"],
  ]);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const { payload, protectedHeader } = await jwtVerify(stdout.trim(), new TextEncoder().encode(SECRET));
  const { exp = 0, iat = 0, ...claims } = payload;
  assert.deepEqual(protectedHeader, { alg: "HS256", typ: "JWT", kid: "k1" });
  assert.deepEqual(claims, {
    sub: "ann",
    iss: "ops",
    aud: "dashboard",
    info: { name: "Ann" },
    device: "d1",
    rights: { publish: ["devices/%u/#", "log"], subscribe: ["+/status"] },
    scopes: ["read", "metrics"],
  });
  assert.ok(Math.abs(exp - iat - 90 * 60) <= 1, `${exp - iat}`);
});

test("the secret may come from the environment; without --expires it is good for an hour", (t) => {
  const { stdout } = token(place(t), ["--channel", "device:7", "--user", "7"], env);
  const { exp = 0, iat = 0, ...claims } = decodeJwt(stdout.trim());
  assert.deepEqual(claims, { sub: "7", channel: "device:7" });
  assert.ok(Math.abs(exp - iat - 3_600) <= 1);
});

for (const [kind, alg, make] of [
  ["RSA", "RS256", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ["EC", "ES256", () => generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ["Ed25519", "EdDSA", () => generateKeyPairSync("ed25519")],
] as const)
  test(`a private key (${kind}) signs instead, and the server takes it by the public one`, async (t) => {
    const directory = place(t);
    const { publicKey, privateKey } = make();
    const file = join(directory, "private.pem");
    writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(join(directory, "private.jwk"), JSON.stringify(privateKey.export({ format: "jwk" })));
    writeFileSync(join(directory, "public.pem"), publicKey.export({ type: "spki", format: "pem" }));
    const asJwk = token(directory, ["--user", "ann", "--key", "private.jwk"]).stdout.trim();
    await compactVerify(asJwk, publicKey);
    const { stdout } = token(directory, ["--user", "ann", "--key", file]);
    assert.equal(decodeProtectedHeader(stdout.trim()).alg, alg);
    const server = await startServer(t, {
      config: {
        tokens: { keys: [{ file: join(directory, "public.pem") }] },
        bridge: { channels: [{ channel: "a", topics: ["a/#"] }] },
      },
    });
    const opened = (jwt: string) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`${server.wsUrl}/v3/a?jwt=${jwt}`);
        socket.on("open", () => resolve(true)).on("error", () => resolve(false));
        t.after(() => socket.terminate());
      });
    assert.equal(await opened(stdout.trim()), true);
    assert.equal(await opened(token(directory, ["--user", "ann"], env).stdout.trim()), false);
  });

test("a key that the configuration does not know signs with a warning", (t) => {
  const directory = place(t);
  for (const name of ["ours", "theirs"]) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(join(directory, `${name}.pem`), privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(join(directory, `${name}.pub`), publicKey.export({ type: "spki", format: "pem" }));
  }
  const known = { CAUSEWAY_TOKENS_KEYS: "[{file: ours.pub}]" };
  assert.equal(token(directory, ["--user", "a", "--key", "ours.pem"], known).stderr, "");
  const { status, stderr } = token(directory, ["--user", "a", "--key", "theirs.pem"], known);
  assert.equal(status, 0);
  assert.match(stderr, /^causeway: token: no file of tokens\.keys holds the public key of theirs\.pem: /);
});

test("a token without an end is made with a warning, unless the server takes it", (t) => {
  const directory = place(t);
  const { status, stdout, stderr } = token(directory, ["--expires", "never"], env);
  assert.equal(status, 0);
  assert.equal(decodeJwt(stdout.trim()).exp, undefined);
  assert.match(
    stderr,
    /^causeway: token: it has no end; a server takes it with tokens\.requireExpiry: false/,
  );
  const quiet = { ...env, CAUSEWAY_TOKENS_REQUIRE_EXPIRY: "false" };
  assert.equal(token(directory, ["--expires", "never"], quiet).stderr, "");
});

const mistakes: [string[], number, RegExp, Record<string, string>?][] = [
  [[], 1, /there is nothing to sign with: set tokens\.secret .*or give --key FILE/, {}],
  [["--expires", "soon"], 64, /--expires must be a duration/],
  [["--expires", "0s"], 64, /--expires must be a duration/],
  [["--expires", "20000d"], 64, /--expires must be a duration/],
  [["--info", "{"], 64, /--info must be JSON/],
  [["--info", JSON.stringify("x".repeat(5_000))], 64, /"info" is larger than 4096 bytes/],
  [["--scope", "write"], 64, /--scope must be one of connect, publish.*not "write"/],
  [["--publish", "a#"], 64, /--publish "a#": .*#/],
  [["--user", "x".repeat(256)], 64, /"sub" is longer than 255 characters/],
  [["--client-id", "d1"], 64, /--client-id needs tokens\.clientIdClaim/],
  [["--channel", "a", "--scope", "read"], 64, /--scope is of no use in a subscription token/],
  [["--channel", ""], 64, /"channel" is not the name of a channel/],
  [["--algorithm", "RS256"], 64, /--algorithm must be HS256, HS384, HS512 with this key/],
  [["--algorithm", "none"], 64, /--algorithm must be HS256/],
  [["--key", "nowhere.pem"], 1, /cannot read nowhere\.pem: ENOENT: no such file or directory$/m],
  [["--key", main], 1, /holds no private key/],
  [["--user", "a"], 78, /tokens\.secret: the value \(not shown\)/, { CAUSEWAY_TOKENS_SECRET: "hush hush" }],
  [["extra"], 64, /unexpected argument "extra"/],
];
for (const [flags, code, text, variables = env] of mistakes)
  test(`refused in words, with code ${code}: ${flags.join(" ").slice(0, 40) || "no flags"}`, (t) => {
    const { status, stdout, stderr } = token(place(t), flags, variables);
    assert.deepEqual([status, stdout], [code, ""], stderr);
    assert.match(stderr, text);
    assert.equal(stderr.split("\n").length, 2, "one line");
    assert.ok(!stderr.includes(SECRET) && !stderr.includes("hush"));
  });
