import { statSync } from "node:fs";
import type { Check } from "../checks.js";
import { readFile } from "../file.js";
import { listKeys } from "../key.js";
import { isMapping } from "../layer.js";

const WRITTEN = 0o022;
const READ = 0o004;

/** The configuration file itself: whoever writes it is the server's master, and secrets in it are for whoever reads it. */
export function ownFileWeaknesses(file: string | undefined): Check {
  return () => {
    const stats = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    // A pipe has been read already, and was nobody else's.
    if (file === undefined || !stats?.isFile()) return [];
    const { mode } = stats;
    const weak = (why: string) => [{ path: "", message: `weak: ${JSON.stringify(file)} ${why}; chmod 600` }];
    if ((mode & WRITTEN) !== 0) return weak("may be written by other users");
    if ((mode & READ) !== 0 && holdsSecrets(file))
      return weak("holds secrets and may be read by other users");
    return [];
  };
}

function holdsSecrets(file: string): boolean {
  const secret = new Set(listKeys().flatMap(({ path, node }) => (node.writeOnly ? [path] : [])));
  const holds = (value: unknown, path: string): boolean => {
    if (secret.has(path)) return true;
    if (Array.isArray(value)) return value.some((item) => holds(item, `${path}[]`));
    if (!isMapping(value)) return false;
    return Object.entries(value).some(([name, item]) => holds(item, path === "" ? name : `${path}.${name}`));
  };
  return holds(readFile(file).layer?.value, "");
}
