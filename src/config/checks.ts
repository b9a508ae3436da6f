import { type Address, formatAddress, isLoopback } from "./address.js";
import { certificateFaults } from "./certificate.js";
import type { Config } from "./schema.js";
import { formatDuration } from "./units.js";
import { webhookFaults } from "./webhook-checks.js";

/** Values that are each well formed and do not go together. */
export type Check = (config: Config) => readonly { readonly path: string; readonly message: string }[];

export const builtInChecks: readonly Check[] = [
  openToOthers,
  openToNobody,
  samePort,
  pongAfterPing,
  drainInTime,
  certificate,
  persistNeedsDisk,
  webhookFaults,
];

/** The listeners that will be opened, by key. */
export function usedListeners({ listen, tls }: Config): [path: string, address: Address][] {
  const used: [string, Address][] = [["listen.mqtt", listen.mqtt]];
  if (tls) used.push(["listen.mqtts", listen.mqtts]);
  return [...used, ["listen.http", listen.http]];
}

function openToOthers(config: Config) {
  if (config.allowAnonymous === true) return [];
  return usedListeners(config)
    .filter(([, address]) => !isLoopback(address))
    .map(([path, address]) => ({
      path,
      message:
        `${formatAddress(address)} is reachable from other machines and there are no accounts; ` +
        "set allowAnonymous: true to let anyone in, or bind to 127.0.0.1",
    }));
}

function openToNobody({ allowAnonymous }: Config) {
  if (allowAnonymous !== false) return [];
  const message =
    "false leaves nobody who could connect, as there are no accounts yet; leave it out, or set it to true";
  return [{ path: "allowAnonymous", message }];
}

function samePort(config: Config) {
  const used = usedListeners(config);
  return used.flatMap(([path, address], index) =>
    used
      .slice(0, index)
      .filter(
        ([, other]) => other.port === address.port && address.port !== 0 && hostsOverlap(other, address),
      )
      .map(([other]) => ({
        path,
        message: `${formatAddress(address)} is taken by ${other}; give each listener a port of its own`,
      })),
  );
}

function hostsOverlap(one: Address, other: Address): boolean {
  const [a, b] = [hostOf(one), hostOf(other)];
  return a === b || a === "any" || b === "any";
}

function hostOf({ host }: Address): string {
  const name = host.toLowerCase();
  if (name === "0.0.0.0" || name === "::") return "any";
  return name === "localhost" ? "127.0.0.1" : name;
}

function pongAfterPing({ gateway: { pingInterval, pongTimeout } }: Config) {
  if (pongTimeout < pingInterval) return [];
  const message =
    `${formatDuration(pongTimeout)} is not shorter than gateway.pingInterval (${formatDuration(pingInterval)}); ` +
    "a client must have answered before the next ping";
  return [{ path: "gateway.pongTimeout", message }];
}

function drainInTime({ drain: { window }, shutdownTimeout }: Config) {
  if (window === 0 || window < shutdownTimeout) return [];
  const message =
    `${formatDuration(window)} is not shorter than shutdownTimeout (${formatDuration(shutdownTimeout)}); ` +
    "sessions that are told to go last need time to end";
  return [{ path: "drain.window", message }];
}

function certificate({ tls }: Config) {
  return tls ? certificateFaults(tls.cert, tls.key) : [];
}

/** A client is told that it recovered everything; what a power cut takes from the store would make that a lie. */
function persistNeedsDisk({ bridge, durability }: Config) {
  if (durability === "always") return [];
  return bridge.channels.flatMap(({ history }, index) =>
    history?.persist
      ? [
          {
            path: `bridge.channels[${index}].history.persist`,
            message: `needs durability: always; with ${durability} a power cut could take publications that clients have seen`,
          },
        ]
      : [],
  );
}
