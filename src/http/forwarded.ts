import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { AddressRanges } from "../access/address-ranges.js";
import { type Peer, peerOf, plainAddress } from "../access/peer.js";

interface Hop {
  readonly address: string;
  readonly port: number;
}

/**
 * Who has sent a request that came by a trusted proxy: the last in `X-Forwarded-For` who is none himself. What is left of
 * him anybody could have written. Undefined for a request that did not come by one, whatever its headers say.
 */
export function forwardedPeer(request: IncomingMessage, trusted: AddressRanges): Peer | undefined {
  const proxy = peerOf(request.socket);
  if (!trusted.has(proxy.address)) return undefined;
  const { "x-forwarded-for": chain, "x-forwarded-proto": protocol } = request.headers;
  const hop = lastStranger(textOf(chain), trusted);
  const secure = isSecure(textOf(protocol)) ?? proxy.secure;
  // The certificate of the socket is the proxy's own, and says nothing about those behind it.
  return hop ? { ...hop, secure } : { ...proxy, secure };
}

/** Undefined when nothing is said, or the last proxy that is known says nonsense. */
function lastStranger(chain: string, trusted: AddressRanges): Hop | undefined {
  let found: Hop | undefined;
  for (let end = chain.length; end > 0; ) {
    const start = chain.lastIndexOf(",", end - 1);
    const hop = parseHop(chain.slice(start + 1, end).trim());
    if (!hop) return found;
    found = hop;
    if (!trusted.has(hop.address)) return found;
    end = start;
  }
  return found;
}

/** `192.0.2.7`, `192.0.2.7:1234`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:1234`. */
function parseHop(text: string): Hop | undefined {
  if (isIP(text)) return hopOf(text, "0");
  const [, bracketed, plain, port = "0"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  return isIP(address) && Number(port) <= 65_535 ? hopOf(address, port) : undefined;
}

function hopOf(address: string, port: string): Hop | undefined {
  return address.includes("%") ? undefined : { address: plainAddress(address), port: Number(port) };
}

/** What the nearest proxy says. */
function isSecure(protocols: string): boolean | undefined {
  const last = protocols
    .slice(protocols.lastIndexOf(",") + 1)
    .trim()
    .toLowerCase();
  if (last === "https" || last === "wss") return true;
  return last === "http" || last === "ws" ? false : undefined;
}

/** Node joins the values of a header that comes several times with commas, in order. */
function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(",") : (header ?? "");
}
