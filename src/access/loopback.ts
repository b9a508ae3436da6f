import { isIPv4 } from "node:net";

/** Whether an address, as a peer has it, is this machine's own. */
export function isLoopback(address: string): boolean {
  return isIPv4(address) ? address.startsWith("127.") : address === "::1";
}
