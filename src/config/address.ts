import { isIP, isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

/** Where a listener binds: a host (name or address, IPv6 without brackets) and a port, 0 for any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const EXPECTED = "HOST:PORT such as 127.0.0.1:1883, [::1]:1883 or 0.0.0.0:0 (a port of 0 picks a free one)";

/** `HOST:PORT` in the configuration, {@link Address} in the program. */
export const address = () =>
  z
    .string({ error: EXPECTED })
    .meta({ title: "address" })
    .transform((text, context): Address => {
      const parsed = parseAddress(text);
      if (parsed) return parsed;
      context.addIssue({ code: "custom", message: EXPECTED, input: text });
      return z.NEVER;
    });

export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^[\]]+)\]|([^[\]:\s]+)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  const [, bracketed, plain] = match;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  return plain !== undefined && isHost(plain) ? { host: plain, port } : undefined;
}

/** A name, or four numbers that are an address: `127.0.0.256` is nobody's name, only a mistake. */
function isHost(text: string): boolean {
  return /^[\d.]+$/.test(text) ? isIPv4(text) : /^[\w.-]+$/.test(text);
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach the address. A name other than localhost could be anything. */
export function isLoopback({ host }: Address): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  return host.toLowerCase() === "localhost" || host === "::1" || host === "0:0:0:0:0:0:0:1";
}
