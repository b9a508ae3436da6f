import { UsageError } from "./command.js";

const SCHEMES = ["mqtt", "mqtts", "ws", "wss"] as const;
export type Scheme = (typeof SCHEMES)[number];

const PORTS: Record<Scheme, number> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 };

/** Where a broker is, with nothing left to guess. */
export interface BrokerUrl {
  readonly scheme: Scheme;
  /** As a socket wants it: an IPv6 address has no brackets. */
  readonly host: string;
  readonly port: number;
  /** Of a WebSocket; `/mqtt` when the URL has none. */
  readonly path: string;
  readonly username?: string;
  readonly password?: string;
}

export function parseBrokerUrl(command: string, text: string): BrokerUrl {
  const url = parse(text);
  const scheme = SCHEMES.find((known) => url?.protocol === `${known}:`);
  if (!url || !scheme || !url.hostname)
    throw new UsageError(
      `${command}: --url must be like mqtt://HOST:PORT (or mqtts://, ws://, wss://), not ${JSON.stringify(text)}`,
    );
  const webSocket = scheme === "ws" || scheme === "wss";
  return {
    scheme,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port ? Number(url.port) : PORTS[scheme],
    path: webSocket ? (url.pathname === "/" ? "/mqtt" : url.pathname) + url.search : "",
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
  };
}

/** The host as it stands in a URL or before a port. */
export const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

export const formatBrokerUrl = ({ scheme, host, port, path }: BrokerUrl): string =>
  `${scheme}://${bracketed(host)}:${port}${path}`;

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
