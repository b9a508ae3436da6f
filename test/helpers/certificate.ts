import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run } from "./command.js";
import type { Teardown } from "./teardown.js";
import { temporaryDirectory } from "./temporary-directory.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A directory with ca.pem, cert.pem and key.pem for this machine, made by the product's own command. */
export async function certificate(t: Teardown): Promise<string> {
  const directory = await temporaryDirectory(t, "cert");
  const { code, stderr } = await run(process.execPath, [MAIN, "cert", "--out", directory, "--force"]);
  assert.equal(code, 0, stderr);
  return directory;
}
