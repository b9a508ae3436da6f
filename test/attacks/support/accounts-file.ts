import { pbkdf2Sync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Teardown } from "../../helpers/teardown.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";

/** A file as `mosquitto_passwd` of today writes it; the more iterations, the longer a check takes. */
export async function accountsFile(
  t: Teardown,
  accounts: Readonly<Record<string, string>>,
  iterations = 101,
): Promise<string> {
  const directory = await temporaryDirectory(t, "accounts");
  const lines = Object.entries(accounts).map(([name, password]) => {
    const salt = randomBytes(12);
    const hash = pbkdf2Sync(password, salt, iterations, 64, "sha512");
    return `${name}:$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
  });
  const file = join(directory, "accounts");
  await writeFile(file, lines.join(""), { mode: 0o600 });
  return file;
}
