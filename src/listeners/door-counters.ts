import type { Excess } from "../access/address-limits.js";

/** Why a connection was closed before anything of its protocol was read. */
export type Turned = Excess | "sockets" | "proxy_untrusted" | "proxy_header" | "proxy_timeout";

/** Connections that were turned away, by reason. */
export type DoorCounters = Record<Turned, number>;

export function doorCounters(): DoorCounters {
  return {
    address_connections: 0,
    address_rate: 0,
    sockets: 0,
    proxy_untrusted: 0,
    proxy_header: 0,
    proxy_timeout: 0,
  };
}
