import { explainFault } from "./disk-probe.js";

/** Says why a data directory cannot be opened, and what to do. */
export function explainOpen(directory: string, error: unknown): string {
  const { code, cause } = error as {
    code?: string;
    cause?: { code?: string; message?: string };
  };
  if (cause?.code === "LEVEL_LOCKED")
    return `the data directory ${directory} is in use by another process: stop that one, or name another directory with --data`;
  if (code === "EACCES" || code === "EPERM" || /permission denied/i.test(cause?.message ?? ""))
    return `the data directory ${directory} cannot be read and written by this user: change its owner, or name another directory with --data`;
  if (code === "EEXIST" || code === "ENOTDIR")
    return `the data directory ${directory} is not a directory: name another one with --data`;
  // The directory itself is there, so a file that Level misses is a part of it. It says "Invalid argument" for a lost CURRENT.
  if (/^(Corruption|Invalid argument)|No such file/.test(cause?.message ?? ""))
    return `the data directory ${directory} is damaged and cannot be opened (${cause?.message}): restore it from a copy, or run \`causeway store repair\``;
  return explainFault(directory, error);
}
