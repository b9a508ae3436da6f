import { isIPv4 } from "node:net";

/** The name or address in a Host header, without brackets and port; empty when it is neither. */
export function hostName(host: string | undefined): string {
  const [, name = ""] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::\d{1,5})?$/.exec(host ?? "") ?? [];
  return name.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}

/** Whether a name means the machine that says it, wherever that is. */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  return isIPv4(name) && name.startsWith("127.");
}
