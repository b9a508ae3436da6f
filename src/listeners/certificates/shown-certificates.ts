import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../access/peer.js";
import type { Authorities } from "./authorities.js";

/** Open sockets whose clients have shown a certificate: a revocation holds for them too. */
export class ShownCertificates {
  readonly #bySocket = new Map<TLSSocket, ClientCertificate>();

  add(socket: TLSSocket, certificate: ClientCertificate): void {
    this.#bySocket.set(socket, certificate);
    socket.once("close", () => this.#bySocket.delete(socket));
  }

  revoked(authorities: Authorities): TLSSocket[] {
    return [...this.#bySocket].flatMap(([socket, { issuer, serial }]) =>
      authorities.isRevoked(issuer, serial) ? [socket] : [],
    );
  }
}
