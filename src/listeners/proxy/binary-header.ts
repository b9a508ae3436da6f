import { plainAddress } from "../../access/peer.js";
import { ProxyFault, type ProxyHeader } from "./source.js";

export const BINARY_SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** Signature, version and command, family and protocol, length (section 2.2). */
const FIXED_BYTES = 16;
/** Proxies send tens to hundreds of bytes; whoever sends more wants memory. */
const MOST_BYTES = 4_096;

const LOCAL = 0x20;
const PROXY = 0x21;
/** Bytes of an address, by family and protocol. TCP only: nothing else can come to a TCP port. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 17: 4, 33: 16 };
const UNSPECIFIED = 0x00;
const UNIX_STREAM = 0x31;
const TLV_SSL = 0x20;
const CLIENT_SSL = 0x01;

/** Version 2. */
export function parseBinary(bytes: Buffer): ProxyHeader | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  const command = bytes.readUInt8(12);
  if (command !== LOCAL && command !== PROXY)
    throw new ProxyFault("a PROXY header of an unknown version or command");
  const length = FIXED_BYTES + bytes.readUInt16BE(14);
  if (length > MOST_BYTES) throw new ProxyFault(`a PROXY header of ${length} bytes; ${MOST_BYTES} are taken`);
  if (bytes.length < length) return undefined;
  const family = bytes.readUInt8(13);
  // Such a one says nothing about an address that could be known here; what it holds is to be ignored.
  if (command === LOCAL || family === UNSPECIFIED || family === UNIX_STREAM) return { length };
  return { length, source: sourceOf(family, bytes.subarray(FIXED_BYTES, length)) };
}

/** Two addresses, two ports, then type-length-value vectors. */
function sourceOf(family: number, block: Buffer) {
  const size = ADDRESS_BYTES[family];
  if (size === undefined) throw new ProxyFault("a PROXY header of a family or protocol that is not TCP");
  const ports = 2 * size;
  if (block.length < ports + 4) throw new ProxyFault("a PROXY header that is too short for its addresses");
  return {
    address: formatAddress(block.subarray(0, size)),
    port: block.readUInt16BE(ports),
    secure: secureOf(block.subarray(ports + 4)),
  };
}

/** What the vector PP2_TYPE_SSL says, if there is one. */
function secureOf(vectors: Buffer): boolean | undefined {
  let secure: boolean | undefined;
  for (let at = 0; at < vectors.length; ) {
    const end = at + 3 <= vectors.length ? at + 3 + vectors.readUInt16BE(at + 1) : Number.POSITIVE_INFINITY;
    if (end > vectors.length) throw new ProxyFault("a PROXY header with a vector that goes beyond its end");
    if (vectors[at] === TLV_SSL && end > at + 3) secure = (vectors.readUInt8(at + 3) & CLIENT_SSL) !== 0;
    at = end;
  }
  return secure;
}

function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  // As everybody writes it, with the longest run of zeros left out.
  return plainAddress(new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1));
}
