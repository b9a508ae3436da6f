import { generateKeyPair, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "./command.js";
import { authorityCertificate, serverCertificate } from "./x509.js";

export interface CertificateOptions {
  readonly directory: string;
  /** Names and addresses besides this machine's own. */
  readonly names: readonly string[];
  readonly days: number;
  readonly force: boolean;
}

export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly names: readonly string[];
  readonly validTo: string;
}

const DAY = 86_400_000;
const HOST_NAME = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** Writes `ca.pem`, `cert.pem` and `key.pem`; the CA's key is never written. */
export async function writeCertificate(options: CertificateOptions): Promise<CertificateFiles> {
  const { directory, days, force } = options;
  const names = [...new Set([...machineNames(), ...options.names.map(checkName)])];
  const files = {
    ca: join(directory, "ca.pem"),
    cert: join(directory, "cert.pem"),
    key: join(directory, "key.pem"),
  };
  const existing = Object.values(files).filter((file) => existsSync(file));
  if (existing.length > 0 && !force)
    throw new UsageError(
      `cert: ${existing.join(", ")} exists; use --force to replace it, or --out for another place`,
    );
  const validTo = new Date(Date.now() + days * DAY);
  const pems = await makeCertificate(names, validTo);
  try {
    await mkdir(directory, { recursive: true });
    await replace(files.key, pems.key, 0o600);
    await replace(files.cert, pems.cert, 0o644);
    await replace(files.ca, pems.ca, 0o644);
  } catch (error) {
    throw new UsageError(`cert: cannot write to ${directory}: ${(error as Error).message}`);
  }
  return { ...files, names, validTo: validTo.toISOString() };
}

/** A certificate signed by a CA that is made for it, all as PEM texts. */
export async function makeCertificate(
  names: readonly string[],
  validTo: Date,
): Promise<{ ca: string; cert: string; key: string }> {
  const [authorityKey, serverKey] = await Promise.all([newKeys(), newKeys()]);
  // Two CAs of one name would be taken for each other by a client that trusts both.
  const authority = { name: `Causeway development CA ${randomBytes(4).toString("hex")}`, ...authorityKey };
  const server = { name: names[0] ?? "localhost", publicKey: serverKey.publicKey };
  // A device's clock is often a little behind.
  const validity = { from: new Date(Date.now() - DAY), to: validTo };
  return {
    ca: authorityCertificate(authority, validity),
    cert: serverCertificate(server, authority, validity, names),
    key: serverKey.privateKey,
  };
}

function newKeys(): Promise<{ publicKey: string; privateKey: string }> {
  return promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

/** localhost, the host's name, and the addresses of its interfaces. */
function machineNames(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    // A link-local address means nothing without the interface that it belongs to.
    .filter(({ address, family }) => !(family === "IPv6" && /^fe80:/i.test(address)))
    .map(({ address }) => address);
  const host = hostname();
  return ["localhost", ...(HOST_NAME.test(host) ? [host] : []), "127.0.0.1", "::1", ...addresses];
}

function checkName(name: string): string {
  if ((isIP(name) && !name.includes("%")) || (HOST_NAME.test(name) && !/^[\d.]+$/.test(name))) return name;
  throw new UsageError(`cert: --name ${JSON.stringify(name)} is neither a host name nor an address`);
}

/** In place at once and with the right mode from the start, also where a file with another mode was. */
async function replace(file: string, content: string, mode: number): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  await rm(fresh, { force: true });
  await writeFile(fresh, content, { mode, flag: "wx" });
  await rename(fresh, file);
}
