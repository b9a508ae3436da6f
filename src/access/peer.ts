import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What a client certificate that was verified says. */
export interface ClientCertificate {
  /** What `tls.clients` takes for the user name; empty when the certificate has no such name. */
  readonly user: string;
  /** Of the issuer and the certificate, hexadecimal: what a revocation list names, and the log. */
  readonly issuer: string;
  readonly serial: string;
  /** Ms since 1970. */
  readonly expiresAt: number;
}

/** Who is at the other end, as the network tells: behind a listed proxy the client and not the proxy. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** The way is encrypted as far as we, or a listed proxy, can tell. */
  readonly secure: boolean;
  readonly certificate?: ClientCertificate | undefined;
}

type Carrier = Socket | IncomingMessage;

/** What listeners know of sockets and requests beyond what these say themselves. */
const known = new WeakMap<Carrier, Peer>();

/** A listener or the HTTP server says who is behind `carrier`: a proxy told it, or a certificate. */
export function setPeer(carrier: Carrier, peer: Peer): void {
  known.set(carrier, peer);
}

/** Who is at the other end of a socket, or has sent a request. */
export function peerOf(carrier: Carrier): Peer {
  const peer = known.get(carrier);
  if (peer) return peer;
  if ("socket" in carrier) return peerOf(carrier.socket);
  const { remoteAddress = "unknown", remotePort = 0 } = carrier;
  return { address: plainAddress(remoteAddress), port: remotePort, secure: "encrypted" in carrier };
}

/** `ADDRESS:PORT` for logs; `ADDRESS` where a proxy did not say the port, which is 0 then. */
export function formatPeer({ address, port }: Peer): string {
  if (port === 0) return address;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** An IPv4 address that came to an IPv6 socket, as IPv4: limits and lists know it by that name. */
export function plainAddress(address: string): string {
  const [, dotted, high, low] = /^::ffff:(?:([\d.]+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return address;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}
