import type { Attempt } from "../../access/gate.js";

/** What is asked about somebody, as JSON. What it did not bring is left out. */
export function questionOf({ door, peer, username, password, token, key, clientId }: Attempt): string {
  const { address, secure, certificate } = peer;
  return JSON.stringify({
    door,
    user: username,
    password,
    token,
    key,
    clientId,
    address,
    secure,
    certificate: certificate && {
      user: certificate.user,
      issuer: certificate.issuer,
      serial: certificate.serial,
    },
  });
}
