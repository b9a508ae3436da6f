import { pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Teardown } from "../../helpers/server.js";

/** A file as `mosquitto_passwd` of today writes it; the more iterations, the longer a check takes. */
export async function accountsFile(
  t: Teardown,
  accounts: Readonly<Record<string, string>>,
  iterations = 101,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "causeway-accounts-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const lines = Object.entries(accounts).map(([name, password]) => {
    const salt = randomBytes(12);
    const hash = pbkdf2Sync(password, salt, iterations, 64, "sha512");
    return `${name}:$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
  });
  const file = join(directory, "accounts");
  await writeFile(file, lines.join(""), { mode: 0o600 });
  return file;
}
