import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const LONGEST_NAME = 80;

/** A PEM file cannot be taken. The message names the file and says what to do. */
export class PemFault extends Error {
  constructor(file: string, problem: string) {
    super(`${showName(file)} ${problem}`);
  }
}

/** The text of a file that holds no encrypted key. */
export async function readPem(file: string): Promise<string> {
  refuseText(file);
  try {
    return check(file, await readFile(file, "utf8"));
  } catch (error) {
    throw asFault(file, error);
  }
}

/** The same for the start, when nothing else is under way. */
export function readPemSync(file: string): string {
  refuseText(file);
  try {
    return check(file, readFileSync(file, "utf8"));
  } catch (error) {
    throw asFault(file, error);
  }
}

/** The certificates of a text, at least one; the server's own is the first. */
export function certificatesOf(file: string, pem: string): [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...others] = (pem.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one));
    if (first) return [first, ...others];
  } catch {
    // said below
  }
  throw new PemFault(file, "holds no certificate in PEM form");
}

export function privateKeyOf(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new PemFault(file, "holds no private key in PEM form");
  }
}

function refuseText(file: string): void {
  if (file.includes("-----BEGIN"))
    throw new PemFault(file, "is not the name of a file; write the text to one and name it here");
}

function check(file: string, pem: string): string {
  if (pem.includes("ENCRYPTED PRIVATE KEY") || pem.includes("Proc-Type: 4,ENCRYPTED"))
    throw new PemFault(file, "is encrypted; decrypt it with: openssl pkey -in ENCRYPTED -out KEY");
  return pem;
}

function asFault(file: string, error: unknown): PemFault {
  if (error instanceof PemFault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT")
    return new PemFault(
      file,
      "is no file (looked for from the working directory); causeway cert makes a pair",
    );
  if (code === "EACCES") return new PemFault(file, "may not be read by this user; change its permissions");
  if (code === "EISDIR") return new PemFault(file, "is a directory; name the file in it");
  return new PemFault(file, `cannot be read: ${message}`);
}

/** A PEM text where a file's name belongs is a key, which must not end up in a log. */
function showName(file: string): string {
  if (file.includes("\n") || file.includes("-----BEGIN")) return "a text of several lines";
  return JSON.stringify(file.length > LONGEST_NAME ? `${file.slice(0, LONGEST_NAME)}…` : file);
}
