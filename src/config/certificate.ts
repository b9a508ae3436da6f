import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { showValue } from "./fault.js";

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** What keeps the two files from being used together. */
export function certificateFaults(certFile: string, keyFile: string): Problem[] {
  const problems: Problem[] = [];
  const cert = read<X509Certificate>(
    "tls.cert",
    certFile,
    problems,
    (pem) => new X509Certificate(pem),
    "certificate",
  );
  const key = read<KeyObject>("tls.key", keyFile, problems, createPrivateKey, "private key");
  if (cert && key && !cert.checkPrivateKey(key))
    problems.push({
      path: "tls.key",
      message: `${showValue(keyFile)} is not the key of the certificate in tls.cert`,
    });
  return problems;
}

function read<T>(
  path: string,
  file: string,
  problems: Problem[],
  parse: (pem: string) => T,
  what: string,
): T | undefined {
  const refuse = (reason: string) => {
    problems.push({ path, message: `${showValue(file)} ${reason}` });
    return undefined;
  };
  if (file.includes("-----BEGIN"))
    return refuse("is not the name of a file; write the text to one and name it here");
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    return refuse(readingProblem(error as NodeJS.ErrnoException));
  }
  if (pem.includes("ENCRYPTED PRIVATE KEY") || pem.includes("Proc-Type: 4,ENCRYPTED"))
    return refuse("is encrypted; decrypt it with: openssl pkey -in ENCRYPTED -out KEY");
  try {
    return parse(pem);
  } catch {
    return refuse(`holds no ${what} in PEM form`);
  }
}

function readingProblem({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT")
    return "is no file (looked for from the working directory); causeway cert makes a pair";
  if (code === "EACCES") return "may not be read by this user; change its permissions";
  return code === "EISDIR" ? "is a directory; name the file in it" : `cannot be read: ${message}`;
}
