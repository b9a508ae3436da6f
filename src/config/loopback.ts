import { isLoopback } from "./address.js";
import { usedListeners } from "./checks.js";
import type { Config } from "./schema.js";

/** Whether nobody but this machine can connect. */
export function isOnLoopbackOnly(config: Config): boolean {
  return usedListeners(config).every(([, address]) => isLoopback(address));
}
