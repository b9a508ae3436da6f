import { BINARY_SIGNATURE, parseBinary } from "./binary-header.js";
import { ProxyFault, type ProxyHeader } from "./source.js";
import { parseText, TEXT_BEGINNING } from "./text-header.js";

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that `bytes` begin with. Undefined while more bytes are needed;
 * throws a {@link ProxyFault} as soon as it can be none.
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  if (beginsLike(bytes, BINARY_SIGNATURE)) return parseBinary(bytes);
  if (beginsLike(bytes, TEXT_BEGINNING)) return parseText(bytes);
  throw new ProxyFault("the connection does not begin with a PROXY header");
}

function beginsLike(bytes: Buffer, beginning: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.compare(beginning, 0, length, 0, length) === 0;
}
