import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import forge from "node-forge";

/*
 * Certificates as RFC 5280 profiles them, signed with RSA over SHA-256. Both key identifiers are in them: OpenSSL's
 * strict mode, which Python 3.13 turns on, refuses a chain without.
 */

export interface Subject {
  readonly name: string;
  /** SPKI, PEM. */
  readonly publicKey: string;
}

export interface Issuer extends Subject {
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

/** A CA that may sign certificates of servers but no further CA. */
export function authorityCertificate(authority: Issuer, validity: Validity): string {
  return certificate(authority, authority, validity, [
    { name: "basicConstraints", critical: true, cA: true, pathLenConstraint: 0 },
    { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true },
  ]);
}

/** A server's certificate for host names and addresses. */
export function serverCertificate(
  server: Subject,
  issuer: Issuer,
  validity: Validity,
  names: readonly string[],
): string {
  // RFC 5280 section 4.2.1.6: 2 is dNSName, 7 is iPAddress.
  const altNames = names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name }));
  return certificate(server, issuer, validity, [
    { name: "basicConstraints", critical: true, cA: false },
    { name: "keyUsage", critical: true, digitalSignature: true, keyEncipherment: true },
    { name: "extKeyUsage", serverAuth: true },
    { name: "subjectAltName", altNames },
  ]);
}

function certificate(subject: Subject, issuer: Issuer, { from, to }: Validity, extensions: object[]): string {
  const made = forge.pki.createCertificate();
  made.serialNumber = `01${randomBytes(15).toString("hex")}`; // positive, as the standard wants it
  made.publicKey = forge.pki.publicKeyFromPem(subject.publicKey);
  made.validity.notBefore = from;
  made.validity.notAfter = to;
  made.setSubject([{ name: "commonName", value: subject.name }]);
  made.setIssuer([{ name: "commonName", value: issuer.name }]);
  made.setExtensions([
    ...extensions,
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: keyIdentifier(issuer) },
  ]);
  made.sign(forge.pki.privateKeyFromPem(issuer.privateKey), forge.md.sha256.create());
  return forge.pki.certificateToPem(made).replaceAll("\r", "");
}

function keyIdentifier({ publicKey }: Subject): string {
  const key = forge.pki.publicKeyFromPem(publicKey);
  return forge.pki.getPublicKeyFingerprint(key, { type: "RSAPublicKey" }).getBytes();
}
