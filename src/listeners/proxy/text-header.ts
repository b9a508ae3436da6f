import { isIPv4, isIPv6 } from "node:net";
import { plainAddress } from "../../access/peer.js";
import { ProxyFault, type ProxyHeader } from "./source.js";

/** `PROXY`, a protocol, two addresses, two ports and CRLF never take more (section 2.1). */
const LONGEST = 107;

export const TEXT_BEGINNING = Buffer.from("PROXY ");

/** Version 1: `PROXY TCP4 192.0.2.7 198.51.100.1 56324 1883`, ended by CRLF. */
export function parseText(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.subarray(0, LONGEST).indexOf("\r\n");
  if (end === -1 && bytes.length < LONGEST) return undefined;
  if (end === -1) throw new ProxyFault(`a PROXY header without an end within ${LONGEST} bytes`);
  const line = bytes.toString("latin1", 0, end);
  const length = end + 2;
  const [, protocol, ...rest] = line.split(" ");
  // Whatever follows UNKNOWN is to be ignored.
  if (protocol === "UNKNOWN") return { length };
  const [address = "", destination = "", port = "", destinationPort = ""] = rest;
  const isAddress = addressTest(protocol);
  const isGood =
    rest.length === 4 &&
    isAddress?.(address) &&
    isAddress(destination) &&
    isPort(port) &&
    isPort(destinationPort);
  if (!isGood) throw new ProxyFault("a PROXY header of version 1 that is not well formed");
  return { length, source: { address: plainAddress(address), port: Number(port) } };
}

function addressTest(protocol: string | undefined): ((text: string) => boolean) | undefined {
  if (protocol === "TCP4") return isIPv4;
  return protocol === "TCP6" ? (text) => isIPv6(text) && !text.includes("%") : undefined;
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}
