import { accountsFault } from "../auth/accounts/read-accounts.js";
import { type Address, formatAddress, isLoopback } from "./address.js";
import { identityKeys } from "./anonymous.js";
import { tlsFaults } from "./certificate.js";
import { keyFileFaults } from "./key-file-checks.js";
import { proxyFaults } from "./proxy-checks.js";
import { rightsFaults } from "./rights-checks.js";
import type { Config } from "./schema.js";
import { formatDuration } from "./units.js";
import { usedListeners } from "./used-listeners.js";
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
  accountsFile,
  rightsFaults,
  keyFileFaults,
  proxyFaults,
];

/** A listener that others reach lets in those whom the configuration names, or everybody where it says so. */
function openToOthers(config: Config) {
  if (config.allowAnonymous === true || identityKeys(config).length > 0) return [];
  const { trusted } = config.proxies;
  if (trusted.length > 0)
    return [
      {
        path: "proxies.trusted",
        message:
          "others come in through these proxies and nothing says who is to be let in; " +
          "set accounts.file (causeway passwd makes one), or allowAnonymous: true to let anyone in",
      },
    ];
  return usedListeners(config)
    .filter(([, address]) => !isLoopback(address))
    .map(([path, address]) => ({
      path,
      message:
        `${formatAddress(address)} is reachable from other machines and nothing says who is to be let in; ` +
        "set accounts.file (causeway passwd makes one), allowAnonymous: true to let anyone in, or bind to 127.0.0.1",
    }));
}

function openToNobody(config: Config) {
  if (config.allowAnonymous !== false || identityKeys(config).length > 0) return [];
  const message =
    "false leaves nobody who could connect; set accounts, tokens, keys, authWebhook or tls.clients, or leave it out";
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
  return tls ? tlsFaults(tls) : [];
}

function accountsFile({ accounts }: Config) {
  const message = accounts && accountsFault(accounts.file);
  return message === undefined ? [] : [{ path: "accounts.file", message }];
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
