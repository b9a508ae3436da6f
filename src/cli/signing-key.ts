import { createPrivateKey, createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Algorithm, algorithmNamed, algorithmsOf, secretAlgorithms } from "../auth/tokens/algorithm.js";
import { KeyFault } from "../auth/tokens/key-fault.js";
import { UsageError } from "./command.js";
import { Failure, reasonOf } from "./failure.js";

/** What tokens are signed with. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly algorithm: Algorithm;
}

/** Of a secret that server and makers of tokens share. */
export function keyOfSecret(secret: string, algorithm: string | undefined): SigningKey {
  return { key: createSecretKey(Buffer.from(secret)), algorithm: choose(secretAlgorithms, algorithm) };
}

/** Of a file with a private key, in PEM or as a JWK. */
export function keyOfFile(file: string, algorithm: string | undefined): SigningKey {
  const key = privateKey(file, read(file));
  try {
    return { key, algorithm: choose(algorithmsOf(key), algorithm) };
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error;
    throw new Failure(`${file} ${error.message}`);
  }
}

function privateKey(file: string, text: string): KeyObject {
  if (text.includes("ENCRYPTED"))
    throw new Failure(`${file} is encrypted; decrypt it with: openssl pkey -in ${file} -out KEY`);
  try {
    if (!text.trimStart().startsWith("{")) return createPrivateKey(text);
    return createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: "jwk" });
  } catch {
    // What the library says may quote the key.
    throw new Failure(`${file} holds no private key in PEM form and none as a JWK`);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

function choose(possible: readonly Algorithm[], wanted: string | undefined): Algorithm {
  const algorithm = wanted === undefined ? possible[0] : algorithmNamed(wanted);
  if (algorithm && possible.includes(algorithm)) return algorithm;
  throw new UsageError(
    `token: --algorithm must be ${possible.join(", ")} with this key, not ${JSON.stringify(wanted)}`,
  );
}
