import { statSync } from "node:fs";
import type { Config } from "../schema.js";
import type { Weakness } from "./weakness.js";

/** Read by others than the owner and the group, or written by others than the owner. */
const TOO_OPEN = 0o026;

/** Files with secrets that more than their owner and its group may read, or more than their owner may write. */
export function fileWeaknesses({ accounts, keys, rights, tls }: Config): Weakness[] {
  const files: [path: string, name: string | undefined, mask: number][] = [
    ["accounts.file", accounts?.file, TOO_OPEN],
    ["keys.file", keys?.file, TOO_OPEN],
    ["tls.key", tls?.key, TOO_OPEN],
    ["tls.listeners.mqtts.key", tls?.listeners.mqtts?.key, TOO_OPEN],
    ["tls.listeners.http.key", tls?.listeners.http?.key, TOO_OPEN],
    ...(tls?.names ?? []).map(({ key }, index): [string, string, number] => [
      `tls.names[${index}].key`,
      key,
      TOO_OPEN,
    ]),
    // These are no secret, but whoever writes them says who may do what.
    ["rights.file", rights?.file, 0o022],
    ["rights.aclFile", rights?.aclFile, 0o022],
  ];
  return files.flatMap(([path, name, mask]) => {
    const mode = name === undefined ? undefined : modeOf(name);
    if (mode === undefined || (mode & mask) === 0) return [];
    const message = `weak: ${JSON.stringify(name)} may be ${(mode & mask & 0o004) === 0 ? "written" : "read"} by other users; chmod 600`;
    return [{ path, message }];
  });
}

/** Undefined when there is no such file, which is a fault that others tell of. */
function modeOf(name: string): number | undefined {
  return statSync(name, { throwIfNoEntry: false })?.mode;
}
