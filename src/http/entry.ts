import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { AddressLimits, Excess } from "../access/address-limits.js";
import type { AddressRanges } from "../access/address-ranges.js";
import { formatPeer, type Peer, setPeer } from "../access/peer.js";
import { LimitedLog } from "../log/limited.js";
import { forwardedPeer } from "./forwarded.js";

export interface EntryOptions {
  /** Proxies whose word is taken. */
  readonly trusted: AddressRanges;
  readonly limits: AddressLimits;
  readonly log: Logger;
}

/** Requests that are connections of their own, each as long as a client stays. */
const LASTING = /^\/connection\//;
const TOO_MANY = "too many connections from this address; try again later";

/**
 * Where requests enter: those that come by a trusted proxy get to know who sent them. Their sockets carry the requests of many,
 * so it is they that are counted for the limits of an address, each while it lasts.
 */
export class Entry {
  readonly #trusted: AddressRanges;
  readonly #limits: AddressLimits;
  readonly #log: LimitedLog;

  constructor({ trusted, limits, log }: EntryOptions) {
    this.#trusted = trusted;
    this.#limits = limits;
    this.#log = new LimitedLog(log);
  }

  /** Comes before everything else that the server does with requests: it is attached when the rest of it is. */
  attach(server: Server): void {
    const next = { request: server.listeners("request"), upgrade: server.listeners("upgrade") };
    server.removeAllListeners("request").removeAllListeners("upgrade");
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const { url = "" } = request;
      if (this.#enters(request, response, LASTING.test(url)))
        for (const listener of next.request) listener.call(server, request, response);
      else refuse(response);
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.#enters(request, socket, true))
        for (const listener of next.upgrade) listener.call(server, request, socket, head);
      else refuseUpgrade(socket);
    });
  }

  /** Counts it until `carrier` is closed, unless its socket is counted. */
  #enters(request: IncomingMessage, carrier: ServerResponse | Duplex, isNew: boolean): boolean {
    const peer = forwardedPeer(request, this.#trusted);
    if (!peer) return true;
    setPeer(request, peer);
    // What a proxy asks for itself, as whether we are well, is nobody's connection.
    if (this.#trusted.has(peer.address)) return true;
    const excess = this.#limits.enter(peer.address, { isNew });
    if (excess) this.#refused(excess, peer);
    else carrier.once("close", () => this.#limits.leave(peer.address));
    return excess === undefined;
  }

  #refused(excess: Excess, peer: Peer): void {
    const key = excess === "address_rate" ? "limits.connectRate" : "limits.connectionsPerAddress";
    this.#log.warn("request refused: too many of one address", { remote: formatPeer(peer), limit: key });
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(429, { "content-type": "application/json; charset=utf-8", "retry-after": "10" });
  response.end(JSON.stringify({ error: TOO_MANY }));
}

function refuseUpgrade(socket: Duplex): void {
  const body = JSON.stringify({ error: TOO_MANY });
  socket.on("error", () => undefined);
  socket.end(
    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json; charset=utf-8\r\n" +
      `Retry-After: 10\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
