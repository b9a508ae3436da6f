import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportSPKI, generateKeyPair } from "jose";
import { type Authority, authority } from "../helpers/authority.js";
import { run } from "../helpers/command.js";
import { connect, type TestClient } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import type { Teardown } from "../helpers/teardown.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { accountLines } from "./accounts.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export const SECRET = "a secret that tokens are signed with: 0123456789";
export const URL_SECRET = "a secret that URLs are signed with: 0123456789ab";
export const AUDIENCE = "causeway";
export const ISSUER = "https://login.example";
/** The client identifier that tokens are bound to. */
export const CLIENT = "door-client";
/** Of everybody who has an account. */
export const PASSWORD = "correct horse battery staple";

/** A server with every way to come in, and rights for those who do. */
export interface Place {
  readonly server: RunningServer;
  readonly directory: string;
  /** Signs certificates that the server takes; `foreign` signs those that it does not. */
  readonly clients: Authority;
  readonly foreign: Authority;
  /** Signs tokens that the server takes. */
  readonly tokenKey: CryptoKey;
  /** The public key that the server has, as it stands in its file. */
  readonly tokenKeyFile: string;
  /** API keys by name. */
  readonly keys: Readonly<Record<string, string>>;
  /** Sees everything. */
  readonly witness: TestClient;
  /** Publishes what is to be received. */
  publish(topic: string, payload: string, retain?: boolean): Promise<void>;
}

const rights = {
  rules: [
    { allow: ["publish", "subscribe"], users: ["*"], topics: ["own/%u/#"] },
    { allow: ["subscribe"], users: ["*"], topics: ["open/#"] },
    { deny: ["subscribe"], users: ["alice", "bob", "__proto__"], topics: ["open/secret/#"] },
    { allow: ["publish", "subscribe"], users: ["witness"], topics: ["#", "$SYS/#"] },
  ],
  scopes: [{ users: ["alice", "__proto__"], scopes: ["read", "publish"] }],
};

/** Names that exist as accounts, as `causeway passwd` or `mosquitto_passwd` would write them. */
const ACCOUNTS = ["alice", "bob", "witness", "__proto__", "constructor"];

export async function openPlace(t: Teardown): Promise<Place> {
  const directory = await temporaryDirectory(t, "doors");
  const at = (name: string) => join(directory, name);
  const [clients, foreign] = [authority("the devices' authority"), authority("another authority")];
  const { privateKey: tokenKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const tokenKeyFile = await exportSPKI(publicKey);
  await run(process.execPath, [MAIN, "cert", "--out", at("tls")]);
  const revoked = clients.issue("alice", { serial: "66" });
  await Promise.all([
    writeFile(at("accounts"), accountLines(ACCOUNTS, PASSWORD)),
    writeFile(at("token-key.pem"), tokenKeyFile),
    writeFile(at("clients.pem"), clients.certificate),
    writeFile(at("revoked.pem"), clients.revocations(["66"])),
    writeFile(at("revoked-client.pem"), revoked.certificate),
    writeFile(at("revoked-client.key"), revoked.key),
  ]);
  const keys: Record<string, string> = {};
  const day = 86_400_000;
  const stored = [
    { name: "server", scopes: ["connect", "publish", "read"] },
    { name: "alices", scopes: ["connect", "publish", "read"], user: "alice" },
    { name: "collector", scopes: ["metrics"] },
    { name: "manager", scopes: ["admin"] },
    { name: "ended", scopes: ["admin"], expires: new Date(Date.now() - day).toISOString() },
  ].map((entry) => {
    const key = `cwk_${randomBytes(32).toString("base64url")}`;
    keys[entry.name] = key;
    return { ...entry, hash: `sha256:${createHash("sha256").update(key).digest("base64url")}` };
  });
  await writeFile(at("keys.yaml"), JSON.stringify(stored));
  const server = await startServer(t, {
    args: ["--mqtts", "127.0.0.1:0"],
    config: {
      allowAnonymous: false,
      accounts: { file: at("accounts"), backoff: { failures: 1_000 } },
      tokens: {
        secret: SECRET,
        keys: [{ file: at("token-key.pem") }],
        audience: AUDIENCE,
        issuer: ISSUER,
        clientIdClaim: "device",
      },
      keys: { file: at("keys.yaml") },
      signedUrls: { secret: URL_SECRET },
      tls: {
        cert: at("tls/cert.pem"),
        key: at("tls/key.pem"),
        http: false,
        clients: { mqtts: { ca: at("clients.pem"), crl: at("revoked.pem"), required: false } },
      },
      rights,
    },
  });
  const witness = await connect(t, server.mqttUrl, { username: "witness", password: PASSWORD });
  await witness.subscribe("#", 1);
  return {
    server,
    directory,
    clients,
    foreign,
    tokenKey,
    tokenKeyFile,
    keys,
    witness,
    publish: (topic, payload, retain = false) => witness.publish(topic, payload, 1, retain),
  };
}

export function readIn(place: Place, name: string): Promise<string> {
  return readFile(join(place.directory, name), "utf8");
}
