import { generateKeyPairSync, randomBytes } from "node:crypto";
import forge from "node-forge";

export interface Issued {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

export interface IssueOptions {
  /** Hexadecimal, without a leading bit. */
  readonly serial?: string;
  /** From now on; a negative number has ended already. */
  readonly days?: number;
  readonly dns?: string;
}

/** Signs certificates of clients, and lists those that it has revoked. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  issue(commonName: string, options?: IssueOptions): Issued;
  /** A revocation list, PEM; the next is due in so many days, a negative number if it is overdue. */
  revocations(serials: readonly string[], days?: number): string;
}

const DAY = 86_400_000;
const { asn1 } = forge;
const { UNIVERSAL } = asn1.Class;

export function authority(name: string): Authority {
  const own = keys();
  const issuer = [{ name: "commonName", value: name }];
  const root = certificate({ subject: issuer, issuer, own, signer: own, days: 30, serial: "01" }, [
    { name: "basicConstraints", critical: true, cA: true },
    { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true },
    { name: "subjectKeyIdentifier" },
  ]);
  return {
    certificate: forge.pki.certificateToPem(root),
    issue(commonName, { serial = `01${randomBytes(8).toString("hex")}`, days = 30, dns } = {}) {
      const client = keys();
      const subject = [
        { name: "organizationName", value: "devices" },
        ...(commonName === "" ? [] : [{ name: "commonName", value: commonName }]),
      ];
      const made = certificate({ subject, issuer, own: client, signer: own, days, serial }, [
        { name: "basicConstraints", critical: true, cA: false },
        { name: "keyUsage", critical: true, digitalSignature: true },
        { name: "extKeyUsage", clientAuth: true },
        ...(dns === undefined ? [] : [{ name: "subjectAltName", altNames: [{ type: 2, value: dns }] }]),
      ]);
      return {
        certificate: forge.pki.certificateToPem(made),
        key: forge.pki.privateKeyToPem(client.privateKey),
      };
    },
    revocations: (serials, days = 30) => revocationList(root, own.privateKey, serials, days),
  };
}

function keys(): forge.pki.rsa.KeyPair {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const key = forge.pki.privateKeyFromPem(privateKey);
  return { privateKey: key, publicKey: forge.pki.setRsaPublicKey(key.n, key.e) };
}

interface Parts {
  readonly subject: forge.pki.CertificateField[];
  readonly issuer: forge.pki.CertificateField[];
  readonly own: forge.pki.rsa.KeyPair;
  readonly signer: forge.pki.rsa.KeyPair;
  readonly days: number;
  readonly serial: string;
}

function certificate(
  { subject, issuer, own, signer, days, serial }: Parts,
  extensions: object[],
): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.serialNumber = serial;
  made.publicKey = own.publicKey;
  made.validity.notBefore = new Date(Date.now() - 60 * DAY);
  made.validity.notAfter = new Date(Date.now() + days * DAY);
  made.setSubject(subject);
  made.setIssuer(issuer);
  made.setExtensions(extensions);
  made.sign(signer.privateKey, forge.md.sha256.create());
  return made;
}

/** RFC 5280 section 5.1, without extensions. */
function revocationList(
  issuer: forge.pki.Certificate,
  key: forge.pki.rsa.PrivateKey,
  serials: readonly string[],
  days: number,
): string {
  const algorithm = sequence(
    primitive(asn1.Type.OID, asn1.oidToDer(forge.pki.oids.sha256WithRSAEncryption ?? "").getBytes()),
    primitive(asn1.Type.NULL, ""),
  );
  const revoked = serials.map((serial) =>
    sequence(primitive(asn1.Type.INTEGER, forge.util.hexToBytes(serial)), time(Date.now() - DAY)),
  );
  const list = sequence(
    primitive(asn1.Type.INTEGER, "\u0001"),
    algorithm,
    forge.pki.distinguishedNameToAsn1(issuer.subject as never),
    time(Date.now() - 2 * DAY),
    time(Date.now() + days * DAY),
    ...(revoked.length > 0 ? [sequence(...revoked)] : []),
  );
  const digest = forge.md.sha256.create().update(asn1.toDer(list).getBytes());
  const signed = sequence(list, algorithm, primitive(asn1.Type.BITSTRING, `\u0000${key.sign(digest)}`));
  return forge.pem.encode({ type: "X509 CRL", body: asn1.toDer(signed).getBytes() });
}

function sequence(...members: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, members);
}

function primitive(type: number, bytes: string): forge.asn1.Asn1 {
  return asn1.create(UNIVERSAL, type, false, bytes);
}

function time(milliseconds: number): forge.asn1.Asn1 {
  return primitive(asn1.Type.UTCTIME, String(asn1.dateToUtcTime(new Date(milliseconds))));
}
