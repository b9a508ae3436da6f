import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
  bitString,
  explicit,
  implicit,
  integer,
  isTrue,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from "./der.js";

/*
 * X.509 v3 certificates as RFC 5280 profiles them, signed with ECDSA over SHA-256. Both key identifiers are in them:
 * OpenSSL's strict mode, which Python 3.13 turns on, refuses a chain without.
 */

export interface Subject {
  readonly name: string;
  readonly publicKey: KeyObject;
}

export interface Issuer extends Subject {
  readonly privateKey: KeyObject;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const OID = {
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

/** A CA that may sign certificates of servers but no further CA. */
export function authorityCertificate(authority: Issuer, validity: Validity): string {
  return certificate(authority, authority, validity, [
    critical(OID.basicConstraints, sequence(isTrue(), integer(Buffer.of(0)))),
    critical(OID.keyUsage, bitString(Buffer.of(0b0000_0110), 1)), // keyCertSign, cRLSign
  ]);
}

/** A server's certificate for host names and addresses. */
export function serverCertificate(
  server: Subject,
  issuer: Issuer,
  validity: Validity,
  names: readonly string[],
): string {
  return certificate(server, issuer, validity, [
    critical(OID.basicConstraints, sequence()),
    critical(OID.keyUsage, bitString(Buffer.of(0b1000_0000), 7)), // digitalSignature
    extension(OID.extKeyUsage, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, sequence(...names.map(generalName))),
  ]);
}

function certificate(subject: Subject, issuer: Issuer, validity: Validity, extensions: Buffer[]): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const identified = [
    ...extensions,
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(subject))),
    extension(OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuer)))),
  ];
  const signed = sequence(
    explicit(0, integer(Buffer.of(2))), // version 3
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(validity.from), time(validity.to)),
    distinguishedName(subject.name),
    publicKeyInfo(subject),
    explicit(3, sequence(...identified)),
  );
  const signature = sign("sha256", signed, issuer.privateKey);
  return pem(sequence(signed, algorithm, bitString(signature)));
}

function distinguishedName(name: string): Buffer {
  return sequence(set(sequence(oid(OID.commonName), utf8String(name))));
}

function publicKeyInfo({ publicKey }: Subject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}

/** Any number that differs with the key serves (RFC 7093 section 2). */
function keyIdentifier(subject: Subject): Buffer {
  return createHash("sha256").update(publicKeyInfo(subject)).digest().subarray(0, 20);
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), octetString(value));
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(oid(id), isTrue(), octetString(value));
}

/** `dNSName` or `iPAddress` (RFC 5280 section 4.2.1.6). */
function generalName(name: string): Buffer {
  if (isIPv4(name)) return implicit(7, Buffer.from(name.split(".").map(Number)));
  return isIPv6(name) ? implicit(7, ipv6Bytes(name)) : implicit(2, Buffer.from(name, "ascii"));
}

function ipv6Bytes(address: string): Buffer {
  // The URL parser writes an IPv4 tail as groups, and at most one run of zeros as "::".
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  const groups = [...head, ...zeros, ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
