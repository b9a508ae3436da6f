import type { KeyObject, X509Certificate } from "node:crypto";
import { certificatesOf, PemFault, readPemSync } from "../../files/pem-file.js";
import { revocationListsOf } from "../../listeners/certificates/revocation-list.js";
import type { Config } from "../schema.js";
import { certificateFiles } from "./tls-files.js";
import type { Weakness } from "./weakness.js";

/** Bits of an RSA key below which it is no longer taken for safe. */
const LEAST_RSA_BITS = 2_048;

/** Certificates and revocation lists that are good for nobody now, and keys that are too short. */
export function certificateWeaknesses({ tls }: Config): Weakness[] {
  return certificateFiles(tls).flatMap(({ path, file, kind }) =>
    (kind === "crl" ? listFaults(file) : pemFaults(file)).map((why) => ({ path, message: `weak: ${why}` })),
  );
}

function pemFaults(file: string): string[] {
  return read(file, (pem) => certificatesOf(file, pem)).flatMap((certificate) => [
    ...timeFaults(certificate),
    ...keyFaults(certificate.publicKey),
  ]);
}

function timeFaults({ validFrom, validTo }: X509Certificate): string[] {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  if (to <= Date.now()) return [`it has ended on ${dayOf(to)} and is refused; put a new one in its place`];
  return from > Date.now()
    ? [`it is refused until ${dayOf(from)}: it is not good before, or the clock is wrong`]
    : [];
}

function keyFaults({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string[] {
  const bits = asymmetricKeyDetails?.modulusLength;
  if (!asymmetricKeyType?.startsWith("rsa") || bits === undefined || bits >= LEAST_RSA_BITS) return [];
  return [
    `an RSA key of ${bits} bits can be broken; take one of ${LEAST_RSA_BITS} or more, or an elliptic one`,
  ];
}

function listFaults(file: string): string[] {
  return read(file, (pem) => revocationListsOf(file, pem)).flatMap(({ nextUpdate }) =>
    nextUpdate !== undefined && nextUpdate <= Date.now()
      ? [
          `it is overdue since ${dayOf(nextUpdate)}, and nobody of its authority is let in; put a newer one in its place`,
        ]
      : [],
  );
}

/** Nothing of a file that cannot be taken, which is a fault that others tell of. */
function read<T>(file: string, parse: (pem: string) => readonly T[]): readonly T[] {
  try {
    return parse(readPemSync(file));
  } catch (error) {
    if (!(error instanceof PemFault)) throw error;
    return [];
  }
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
