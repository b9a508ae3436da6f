import type { Server, Socket } from "node:net";
import type { Logger } from "pino";
import type { AddressLimits } from "../access/address-limits.js";
import type { AddressRanges } from "../access/address-ranges.js";
import { formatPeer, type Peer, peerOf, setPeer } from "../access/peer.js";
import { LimitedLog } from "../log/limited.js";
import { type DoorCounters, doorCounters, type Turned } from "./door-counters.js";
import { intercept } from "./intercept.js";
import { ProxyTimeout, readProxyHeader } from "./proxy/read-header.js";
import type { ProxyHeader } from "./proxy/source.js";

export interface DoorOptions {
  readonly limits: AddressLimits;
  /** Proxies whose word is taken. */
  readonly trusted: AddressRanges;
  /** Milliseconds for a PROXY header. */
  readonly timeout: number;
  readonly log: Logger;
}

export interface DoorRules {
  /** The configuration key of the listener. */
  readonly listener: string;
  /** Whether every connection comes from a trusted proxy and begins with a PROXY header. */
  readonly proxied: boolean;
  /** Whether a trusted proxy's sockets carry requests of many: then these are counted, and not the sockets. */
  readonly shared: boolean;
  /** Sockets of the server, whatever they are up to. */
  readonly maxSockets: number;
}

const TEXTS: Readonly<Record<Turned, string>> = {
  address_connections: "connection refused: limits.connectionsPerAddress is reached",
  address_rate: "connection refused: limits.connectRate is exceeded",
  sockets: "connection refused: too many are open",
  proxy_untrusted: "connection refused: not from one of proxies.trusted",
  proxy_header: "connection refused: no good PROXY header",
  proxy_timeout: "connection refused: no PROXY header in time",
};

/** Before all listeners: who is really at the other end, and whether there are too many of him already. */
export class Door {
  readonly counters: DoorCounters = doorCounters();
  readonly #limits: AddressLimits;
  readonly #trusted: AddressRanges;
  readonly #timeout: number;
  readonly #log: LimitedLog;

  constructor({ limits, trusted, timeout, log }: DoorOptions) {
    this.#limits = limits;
    this.#trusted = trusted;
    this.#timeout = timeout;
    this.#log = new LimitedLog(log);
  }

  /** From now on the server gets those sockets only that pass, before it reads, and before a TLS handshake. */
  guard(server: Server, rules: DoorRules): void {
    server.maxConnections = rules.maxSockets;
    server.on("drop", (dropped) =>
      this.#turnAway("sockets", rules, {
        address: `${dropped?.remoteAddress}`,
        port: dropped?.remotePort ?? 0,
      }),
    );
    intercept<Socket>(server, "connection", (socket, pass) => {
      const peer = peerOf(socket);
      if (rules.proxied) this.#unwrap(socket, peer, rules, pass);
      else if (rules.shared && this.#trusted.has(peer.address)) pass();
      else this.#count(socket, peer, rules, pass);
    });
  }

  #unwrap(socket: Socket, proxy: Peer, rules: DoorRules, pass: () => void): void {
    if (!this.#trusted.has(proxy.address)) {
      this.#refuse(socket, "proxy_untrusted", rules, proxy);
      return;
    }
    readProxyHeader(socket, this.#timeout, (error, header) => {
      if (socket.destroyed) return;
      if (!header) {
        const reason = error instanceof ProxyTimeout ? "proxy_timeout" : "proxy_header";
        this.#refuse(socket, reason, rules, proxy, error?.message);
      } else this.#introduce(socket, proxy, header, rules, pass);
    });
  }

  #introduce(socket: Socket, proxy: Peer, { source }: ProxyHeader, rules: DoorRules, pass: () => void): void {
    if (!source) {
      pass();
      return;
    }
    const peer = { ...source, secure: source.secure ?? proxy.secure };
    setPeer(socket, peer);
    // A proxy before the proxy is itself one that carries the requests of many.
    if (rules.shared && this.#trusted.has(peer.address)) pass();
    else this.#count(socket, peer, rules, pass);
  }

  #count(socket: Socket, peer: Peer, rules: DoorRules, pass: () => void): void {
    const { address } = peer;
    const excess = this.#limits.enter(address);
    if (excess) {
      this.#refuse(socket, excess, rules, peer);
      return;
    }
    socket.once("close", () => this.#limits.leave(address));
    pass();
  }

  #refuse(socket: Socket, reason: Turned, rules: DoorRules, peer: Peer, detail?: string): void {
    socket.on("error", () => undefined);
    socket.destroy();
    this.#turnAway(reason, rules, peer, detail);
  }

  #turnAway(
    reason: Turned,
    { listener }: DoorRules,
    peer: Pick<Peer, "address" | "port">,
    detail?: string,
  ): void {
    this.counters[reason]++;
    const remote = formatPeer({ ...peer, secure: false });
    this.#log.warn(TEXTS[reason], { listener, remote, ...(detail ? { reason: detail } : {}) });
  }
}
