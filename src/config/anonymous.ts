import { isLoopback } from "./address.js";
import type { Config } from "./schema.js";
import { usedListeners } from "./used-listeners.js";

/** The keys that say who is to be let in, of those that are set. */
export function identityKeys({ accounts, tokens, keys, authWebhook, tls }: Config): string[] {
  const set: [key: string, isSet: boolean][] = [
    ["accounts", accounts !== undefined],
    ["tokens", tokens.secret !== undefined || tokens.keys.length > 0 || tokens.jwks !== undefined],
    ["keys", keys !== undefined],
    ["authWebhook", authWebhook !== undefined],
    ["tls.clients", tls?.clients.mqtts !== undefined || tls?.clients.http !== undefined],
  ];
  return set.flatMap(([key, isSet]) => (isSet ? [key] : []));
}

/** Whether clients without credentials are let in. */
export function letsAnonymousIn(config: Config): boolean {
  return config.allowAnonymous ?? (isOnLoopbackOnly(config) && identityKeys(config).length === 0);
}

/** Whether nobody but this machine can connect. Through a proxy others do. */
export function isOnLoopbackOnly(config: Config): boolean {
  if (config.proxies.trusted.length > 0) return false;
  return usedListeners(config).every(([, address]) => isLoopback(address));
}
