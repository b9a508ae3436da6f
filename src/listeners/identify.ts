import type { Server, TLSSocket } from "node:tls";
import type { Logger } from "pino";
import { formatPeer, type Peer, peerOf, setPeer } from "../access/peer.js";
import { LimitedLog } from "../log/limited.js";
import type { Authorities } from "./certificates/authorities.js";
import { checkClient } from "./certificates/client-check.js";
import { ShownCertificates } from "./certificates/shown-certificates.js";
import type { TlsCounters } from "./certificates/tls-counters.js";
import { intercept } from "./intercept.js";

export interface IdentifyOptions {
  /** The configuration key of the listener. */
  readonly listener: string;
  readonly authorities: Authorities | undefined;
  readonly counters: TlsCounters;
  readonly log: Logger;
}

/** A socket of TLS knows the one below, which a proxy may have said something about. */
interface LayeredSocket extends TLSSocket {
  readonly _parent?: TLSSocket | null;
}

/**
 * Says of every socket whose handshake is done who is at the other end, with the certificate that he has shown, and closes those
 * whose certificate does not count. What fails before is logged.
 */
export function identify(server: Server, { listener, authorities, counters, log }: IdentifyOptions): void {
  const limitedLog = new LimitedLog(log);
  const shown = new ShownCertificates();
  const end = authorities?.onChange(() => {
    for (const socket of shown.revoked(authorities)) refuse(socket, "CERT_REVOKED");
  });
  server.once("close", () => end?.());
  server.on("tlsClientError", (error, socket) => {
    counters.failed++;
    const reason = reasonOf(error, socket);
    limitedLog.warn("TLS handshake failed", { listener, remote: formatPeer(wirePeer(socket)), reason });
    socket.destroy();
  });
  const refuse = (socket: TLSSocket, error: unknown) => {
    counters.refused++;
    const reason = error instanceof Error ? error.message : String(error);
    limitedLog.warn("client certificate refused", { listener, remote: formatPeer(wirePeer(socket)), reason });
    socket.on("error", () => undefined);
    socket.destroy();
  };
  intercept<TLSSocket>(server, "secureConnection", (socket, pass) => {
    try {
      const certificate = authorities && checkClient(socket, authorities);
      setPeer(socket, { ...wirePeer(socket), secure: true, certificate });
      if (certificate) shown.add(socket, certificate);
    } catch (error) {
      refuse(socket, error);
      return;
    }
    pass();
  });
}

function wirePeer(socket: LayeredSocket): Peer {
  return peerOf(socket._parent ?? socket);
}

/** What OpenSSL has a few words for is told by these; its message is of a thread, a source file and a line. */
interface TlsError extends Error {
  readonly reason?: string;
}

/** With a certificate that is refused the connection is closed, and only the socket says why. */
function reasonOf({ reason, message }: TlsError, { authorizationError }: TLSSocket): string {
  return authorizationError ? `client certificate: ${authorizationError}` : (reason ?? message);
}
