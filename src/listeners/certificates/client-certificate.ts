import type { X509Certificate } from "node:crypto";
import type { ClientCertificate } from "../../access/peer.js";
import { context, type DerElement, derElements, objectIdentifier, Tag } from "./der.js";
import { commonNameOf, digestOf } from "./names.js";

/** What becomes the user name. */
export type UserField = "cn" | "dns" | "email" | "uri";

const ALTERNATIVE_NAMES = "2.5.29.17";
/** Tags of GeneralName (RFC 5280, section 4.2.1.6). */
const GENERAL_NAMES: Readonly<Record<Exclude<UserField, "cn">, number>> = {
  email: 0x81,
  dns: 0x82,
  uri: 0x86,
};
/** A name with one of these is either a mistake or an attempt to look like another. */
const CONTROL = /\p{Cc}/u;

/** What a certificate says that was verified. Throws when it is not well formed. */
export function clientCertificate(certificate: X509Certificate, field: UserField): ClientCertificate {
  const { issuer, subject, extensions } = fieldsOf(certificate.raw);
  const user = field === "cn" ? commonNameOf(subject) : alternativeName(extensions, GENERAL_NAMES[field]);
  return {
    user: CONTROL.test(user) ? "" : user,
    issuer: digestOf(issuer),
    serial: plainSerial(certificate.serialNumber),
    expiresAt: Date.parse(certificate.validTo),
  };
}

/** Serial numbers without leading zeros, as they are compared. */
export function plainSerial(hexadecimal: string): string {
  return hexadecimal.toLowerCase().replace(/^0+(?=.)/, "");
}

/** TBSCertificate: [0] version, serial number, signature, issuer, validity, subject, key, ..., [3] extensions. */
function fieldsOf(der: Buffer): { issuer: DerElement; subject: DerElement; extensions: DerElement[] } {
  const [certificate] = derElements(der);
  const [body] = derElements(certificate?.value ?? der);
  const fields = derElements(body?.value ?? der).filter(({ tag }) => tag !== context(0));
  const [, , issuer, , subject] = fields;
  const [list] = derElements(fields.find(({ tag }) => tag === context(3))?.value ?? Buffer.alloc(0));
  if (!issuer || !subject) throw new Error("the certificate is not well formed");
  return { issuer, subject, extensions: list ? derElements(list.value) : [] };
}

/** The first alternative name of a kind; empty when there is none. */
function alternativeName(extensions: readonly DerElement[], kind: number): string {
  for (const extension of extensions) {
    const [id, ...rest] = derElements(extension.value);
    if (!id || objectIdentifier(id.value) !== ALTERNATIVE_NAMES) continue;
    const value = rest.find(({ tag }) => tag === Tag.octetString);
    const [names] = derElements(value?.value ?? Buffer.alloc(0));
    const name = derElements(names?.value ?? Buffer.alloc(0)).find(({ tag }) => tag === kind);
    return name?.value.toString("latin1") ?? "";
  }
  return "";
}
