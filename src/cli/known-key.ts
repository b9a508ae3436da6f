import { createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { KeyFault } from "../auth/tokens/key-fault.js";
import { parseKeyFile } from "../auth/tokens/key-file.js";
import type { KeyFile } from "../auth/tokens/options.js";

/** Whether one of the files holds the public half of a private key. Of files that cannot be read here nothing is known. */
export function isKnown(privateKey: KeyObject, files: readonly KeyFile[]): boolean {
  const wanted = createPublicKey(privateKey);
  return files.some((file) => {
    try {
      return parseKeyFile(readFileSync(file.file, "utf8"), file).some(({ key }) => key.equals(wanted));
    } catch (error) {
      if (error instanceof KeyFault) return false;
      return true;
    }
  });
}
