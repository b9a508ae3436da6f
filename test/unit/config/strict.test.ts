import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { makeCertificate } from "../../../src/cli/certificate.js";
import { authorityCertificate } from "../../../src/cli/x509.js";
import { type Config, type ConfigInput, schema } from "../../../src/config/schema.js";
import { strictChecks } from "../../../src/config/strict/weaknesses.js";
import { authority } from "../../helpers/authority.js";

const DAY = 86_400_000;
const SECRET = "q".repeat(43);

/** As strict as can be, without files. */
const strong: ConfigInput = {
  allowAnonymous: false,
  listen: { mqtts: "0.0.0.0:8883", http: "0.0.0.0:8443" },
  tls: { cert: "server.pem", key: "server.key" },
  accounts: { file: "accounts" },
  tokens: { secret: SECRET, audience: "causeway", issuer: "https://login.example" },
  signedUrls: { secret: SECRET },
  authWebhook: { url: "https://auth.example/", secret: "s".repeat(32) },
  rights: { rules: [] },
  limits: {
    connectionsPerAddress: 100,
    connectRate: "10/s",
    messageRate: "100/s",
    byteRate: "1MiB",
    subscribeRate: "10/s",
  },
};

function weakIn(change: ConfigInput): string[] {
  const config: Config = schema.parse({ ...strong, ...change });
  return strictChecks.flatMap((check) => check(config)).map(({ path }) => path);
}

/** Writes files to a directory that goes with the test; gives the name of each. */
function directoryOf(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "causeway-strict-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return (name: string, text: string, mode: number): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
}

/** A certificate of an RSA key of 1,024 bits. */
function shortKeyed(): string {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 1_024,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const validity = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + DAY) };
  return authorityCertificate({ name: "short", publicKey, privateKey }, validity);
}

test("nothing is weak in a configuration that is strong", () => assert.deepEqual(weakIn({}), []));

describe("each weak setting is named", () => {
  const weak: [change: ConfigInput, paths: string[]][] = [
    [{ allowAnonymous: true }, ["allowAnonymous", "http.openMetrics"]],
    [{ rights: undefined }, ["rights", "bridge.mqttChannels"]],
    [{ listen: { mqtt: "0.0.0.0:1883" } }, ["listen.mqtt"]],
    [{ listen: { http: "0.0.0.0:80" }, tls: undefined }, ["listen.http", "tls"]],
    [{ listen: { http: "0.0.0.0:80" }, tls: { cert: "c", key: "k", http: false } }, ["listen.http"]],
    [{ http: { origins: ["*"] } }, ["http.origins"]],
    [{ http: { origins: ["http://a.example"] } }, ["http.origins"]],
    [{ http: { openMetrics: true } }, ["http.openMetrics"]],
    [{ gateway: { compression: {} } }, ["gateway.compression"]],
    [{ gateway: { apiKeys: ["k".repeat(16)] } }, ["gateway.apiKeys"]],
    [{ gateway: { connectTimeout: "2m" } }, ["gateway.connectTimeout"]],
    [{ api: { keys: ["k".repeat(16)] } }, ["api.keys"]],
    [{ mqtt: { connectTimeout: "2m" } }, ["mqtt.connectTimeout"]],
    [{ tokens: { secret: "s".repeat(32), audience: "a", issuer: "i" } }, ["tokens.secret"]],
    [{ tokens: { secret: SECRET } }, ["tokens.audience", "tokens.issuer"]],
    [
      { tokens: { secret: SECRET, audience: "a", issuer: "i", requireExpiry: false, clockTolerance: "10m" } },
      ["tokens.requireExpiry", "tokens.clockTolerance"],
    ],
    [
      { tokens: { jwks: { url: "http://login.example/keys" }, audience: "a", issuer: "i" } },
      ["tokens.jwks.url"],
    ],
    [{ signedUrls: { secret: "s".repeat(32), maxAge: "30d" } }, ["signedUrls.secret", "signedUrls.maxAge"]],
    [{ authWebhook: { url: "http://auth.example/" } }, ["authWebhook.url", "authWebhook.secret"]],
    [{ login: { lifetime: "30d" } }, ["login.lifetime"]],
    [
      {
        proxies: {
          trusted: ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.7", "128.0.0.0/1", "::/0", "fc00::/7", "::1"],
        },
      },
      ["proxies.trusted[0]", "proxies.trusted[3]", "proxies.trusted[4]"],
    ],
    [{ limits: {} }, Object.keys(strong.limits ?? {}).map((key) => `limits.${key}`)],
    [
      { tls: { cert: "c", key: "k", clients: { mqtts: { ca: "ca" }, http: { ca: "ca" } } } },
      ["tls.clients.mqtts.crl", "tls.clients.http.crl"],
    ],
    [
      {
        webhooks: [
          { name: "a", url: "http://far.example/", secret: "s".repeat(16), events: ["client.connected"] },
        ] as never,
      },
      ["webhooks[0].url"],
    ],
  ];
  for (const [change, paths] of weak)
    test(paths.join(", "), () => assert.deepEqual(weakIn(change).toSorted(), paths.toSorted()));
});

test("what stays on this machine may be in the clear", () =>
  assert.deepEqual(
    weakIn({
      listen: { mqtt: "127.0.0.1:1883", http: "127.0.0.1:8080" },
      tls: undefined,
      authWebhook: { url: "http://127.0.0.1:9/", secret: "s".repeat(32) },
      tokens: { jwks: { url: "http://localhost/keys" }, audience: "a", issuer: "i" },
    }),
    [],
  ));

test("files of secrets that others may read, and files of rights that others may write", (t) => {
  const write = directoryOf(t);
  const file = (name: string, mode: number) => write(name, "", mode);
  const change = (secret: number, rules: number): ConfigInput => ({
    accounts: { file: file("accounts", secret) },
    keys: { file: file("keys", secret) },
    tls: { cert: "c", key: file("key", secret) },
    rights: { file: file("rights", rules), aclFile: file("acl", rules) },
  });
  assert.deepEqual(weakIn(change(0o640, 0o644)), []);
  assert.deepEqual(weakIn(change(0o604, 0o664)), [
    "accounts.file",
    "keys.file",
    "tls.key",
    "rights.file",
    "rights.aclFile",
  ]);
});

test("files that say who is let in and that others may write, and keys that sign as well", (t) => {
  const write = directoryOf(t);
  const change = (mode: number): ConfigInput => {
    const file = (name: string, text = "") => write(name, text, mode);
    const pair = { cert: file("cert"), key: "k" };
    const clients = { ca: file("ca"), crl: file("crl") };
    return {
      tls: {
        ...pair,
        names: [{ names: ["a.example"], ...pair }],
        listeners: { http: pair },
        clients: { mqtts: clients },
      },
      tokens: {
        keys: [
          { file: file("public.pem") },
          { file: file("secret.json", '{"kty": "oct", "k": "c2VjcmV0"}') },
        ],
        audience: "a",
        issuer: "i",
      },
    };
  };
  assert.deepEqual(weakIn(change(0o640)), []);
  assert.deepEqual(weakIn(change(0o644)), ["tokens.keys[1].file"]);
  assert.deepEqual(weakIn(change(0o660)), [
    "tokens.keys[0].file",
    "tokens.keys[1].file",
    "tls.cert",
    "tls.names[0].cert",
    "tls.listeners.http.cert",
    "tls.clients.mqtts.ca",
    "tls.clients.mqtts.crl",
  ]);
});

test("certificates and revocation lists that have ended, or whose keys are short", async (t) => {
  const write = directoryOf(t);
  const made = async (name: string, days: number) => {
    const { cert, ca } = await makeCertificate(["localhost"], new Date(Date.now() + days * DAY));
    return { cert: write(`${name}.pem`, cert, 0o644), ca: write(`${name}-ca.pem`, ca, 0o644), key: "k" };
  };
  const [good, gone] = [await made("good", 9), await made("gone", -1)];
  const devices = authority("devices");
  const list = write("overdue.pem", devices.revocations([], -1), 0o644);
  const ca = write("devices.pem", devices.certificate, 0o644);
  const short = write("short.pem", shortKeyed(), 0o644);
  assert.deepEqual(weakIn({ tls: { cert: good.cert, key: "k" } }), []);
  assert.deepEqual(weakIn({ tls: { cert: short, key: "k" } }), ["tls.cert"]);
  const clients = {
    mqtts: { ca: gone.ca, crl: list },
    http: { ca, crl: write("due.pem", devices.revocations([]), 0o644) },
  };
  assert.deepEqual(weakIn({ tls: { cert: gone.cert, key: "k", clients } }), [
    "tls.cert",
    "tls.clients.mqtts.ca",
    "tls.clients.mqtts.crl",
  ]);
});
