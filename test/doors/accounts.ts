import { pbkdf2Sync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Teardown } from "../helpers/teardown.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";

/** A directory with a file `accounts`, in which all have the same password. */
export async function accountsIn(t: Teardown, names: readonly string[], password: string): Promise<string> {
  const directory = await temporaryDirectory(t, "accounts");
  await writeFile(join(directory, "accounts"), accountLines(names, password), { mode: 0o600 });
  return directory;
}

/** Lines of an account file. */
export function accountLines(names: readonly string[], password: string): string {
  return names.map((name) => `${name}:${mosquittoHash(password)}\n`).join("");
}

/** A hash as Mosquitto 2 writes it: PBKDF2 with SHA-512. */
function mosquittoHash(password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
  return `$7$101$${salt.toString("base64")}$${hash.toString("base64")}`;
}
