import { HashFault } from "./hash-fault.js";

/** With or without `=` at the end; what Node's decoder would pass over is a fault. */
export function decodeBase64(text: string, what: string): Buffer {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new HashFault(`its ${what} is not base64`);
  return Buffer.from(text, "base64");
}
