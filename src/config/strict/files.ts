import { readFileSync, statSync } from "node:fs";
import type { Config } from "../schema.js";
import { certificateFiles } from "./tls-files.js";
import type { Weakness } from "./weakness.js";

/** Read by others than the owner and the group, or written by others than the owner. */
const TOO_OPEN = 0o026;
const WRITTEN = 0o022;

/** Files with secrets that more than their owner and its group may read, or more than their owner may write. */
export function fileWeaknesses({ accounts, keys, rights, tls, tokens }: Config): Weakness[] {
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
    ...tokens.keys.map(({ file }, index): [string, string, number] => [
      `tokens.keys[${index}].file`,
      file,
      holdsSecretKey(file) ? TOO_OPEN : WRITTEN,
    ]),
    // These are no secret, but whoever writes them says who is let in, and who may do what.
    ...certificateFiles(tls).map(({ path, file }): [string, string, number] => [path, file, WRITTEN]),
    ["rights.file", rights?.file, WRITTEN],
    ["rights.aclFile", rights?.aclFile, WRITTEN],
  ];
  return files.flatMap(([path, name, mask]) => {
    const mode = name === undefined ? undefined : modeOf(name);
    if (mode === undefined || (mode & mask) === 0) return [];
    const done = (mode & mask & 0o004) === 0 ? "written" : "read";
    const message = `weak: ${JSON.stringify(name)} may be ${done} by other users; chmod ${mask === WRITTEN ? "go-w" : "600"}`;
    return [{ path, message }];
  });
}

/** Whether whoever reads it can make tokens, too: a key for HMAC signs as well as it checks. */
function holdsSecretKey(file: string): boolean {
  try {
    return /"kty"\s*:\s*"oct"/.test(readFileSync(file, "utf8"));
  } catch {
    return false; // which is a fault that others tell of
  }
}

/** Undefined when there is no such file, which is a fault that others tell of. */
function modeOf(name: string): number | undefined {
  return statSync(name, { throwIfNoEntry: false })?.mode;
}
