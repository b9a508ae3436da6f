import type { Address } from "./address.js";
import type { Config } from "./schema.js";

/** The listeners that will be opened, by key. */
export function usedListeners({ listen, tls }: Config): [path: string, address: Address][] {
  const used: [string, Address][] = [["listen.mqtt", listen.mqtt]];
  if (tls) used.push(["listen.mqtts", listen.mqtts]);
  return [...used, ["listen.http", listen.http]];
}
