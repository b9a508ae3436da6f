import { PemFault } from "../../files/pem-file.js";
import { plainSerial } from "./client-certificate.js";
import { type DerElement, derElements, derTime, Tag } from "./der.js";
import { digestOf } from "./names.js";

/** What one authority has revoked (RFC 5280, section 5). */
export interface RevocationList {
  readonly pem: string;
  readonly issuer: string;
  readonly serials: ReadonlySet<string>;
  /** When the next list is due, in ms since 1970: after it this one no longer counts, and nobody is let in by it. */
  readonly nextUpdate: number | undefined;
}

const LIST = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g;

/** The lists of a PEM file, at least one. */
export function revocationListsOf(file: string, pem: string): RevocationList[] {
  try {
    const lists = [...pem.matchAll(LIST)].map(([pem, base64 = ""]) =>
      parse(pem, Buffer.from(base64, "base64")),
    );
    if (lists.length > 0) return lists;
  } catch {
    throw new PemFault(file, "holds a revocation list that is not well formed");
  }
  throw new PemFault(file, "holds no revocation list (X509 CRL) in PEM form");
}

/** TBSCertList: version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates, [0] extensions. */
function parse(pem: string, der: Buffer): RevocationList {
  const [list] = derElements(der);
  const [body] = derElements(list?.value ?? der);
  const fields = derElements(body?.value ?? der);
  const [signature, issuer, ...rest] = fields.filter(({ tag }) => tag !== Tag.integer);
  if (!signature || issuer?.tag !== Tag.sequence) throw new Error("no issuer");
  const times = rest.filter(({ tag }) => tag === Tag.utcTime || tag === Tag.generalizedTime);
  const revoked = rest.find(({ tag }) => tag === Tag.sequence);
  const [, nextUpdate] = times;
  return {
    pem,
    issuer: digestOf(issuer),
    serials: new Set(revoked ? derElements(revoked.value).map(serialOf) : []),
    nextUpdate: nextUpdate && derTime(nextUpdate),
  };
}

function serialOf(entry: DerElement): string {
  const [serial] = derElements(entry.value);
  if (serial?.tag !== Tag.integer) throw new Error("no serial number");
  return plainSerial(serial.value.toString("hex"));
}
