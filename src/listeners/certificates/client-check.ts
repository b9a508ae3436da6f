import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../access/peer.js";
import type { Authorities } from "./authorities.js";
import { clientCertificate } from "./client-certificate.js";

/** The client's certificate is not taken. The message is for the log. */
export class CertificateFault extends Error {}

/**
 * The certificate that a client has shown, if any. Throws a {@link CertificateFault} when it does not count, also where none is
 * needed: who shows one wants to be known by it. What OpenSSL found is looked at, and then what may have changed since a
 * session was begun that is resumed now: that is not verified anew.
 */
export function checkClient(socket: TLSSocket, authorities: Authorities): ClientCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) {
    if (authorities.files.required) throw new CertificateFault("no certificate");
    return undefined;
  }
  if (!socket.authorized) throw new CertificateFault(String(socket.authorizationError));
  const known = read(certificate, authorities);
  if (authorities.isRevoked(known.issuer, known.serial)) throw new CertificateFault("CERT_REVOKED");
  if (!(known.expiresAt > Date.now())) throw new CertificateFault("CERT_HAS_EXPIRED");
  return known;
}

function read(certificate: X509Certificate, { files }: Authorities): ClientCertificate {
  try {
    return clientCertificate(certificate, files.user);
  } catch (error) {
    throw new CertificateFault((error as Error).message);
  }
}
