import type { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { certificatesOf, PemFault, privateKeyOf, readPem } from "../../files/pem-file.js";
import type { PairFiles } from "./sections.js";

/** A certificate with its key, as they are read from two files. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
  readonly certificate: X509Certificate;
}

/** Rejects with a `PemFault` when the files cannot be used together. */
export async function readPair(files: PairFiles): Promise<Pair> {
  const [cert, key] = await Promise.all([readPem(files.cert), readPem(files.key)]);
  return checkPair(files, cert, key);
}

/** Throws a `PemFault`. */
export function checkPair(files: PairFiles, cert: string, key: string): Pair {
  const [certificate] = certificatesOf(files.cert, cert);
  if (!certificate.checkPrivateKey(privateKeyOf(files.key, key)))
    throw new PemFault(files.key, `is not the key of the certificate in ${JSON.stringify(files.cert)}`);
  try {
    createSecureContext({ cert, key, ca: [] });
  } catch (error) {
    throw new PemFault(files.cert, `cannot be used: ${(error as Error).message}`);
  }
  return { cert, key, certificate };
}
