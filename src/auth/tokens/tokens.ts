import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import type { Attempt, Door } from "../../access/gate.js";
import type { Grant } from "../../access/grant.js";
import type { Principal } from "../../access/principal.js";
import type { WatchedFiles } from "../../files/watched-files.js";
import type { CredentialKind, Method } from "../method.js";
import { looksLikeToken } from "./header.js";
import { parseKeyFile } from "./key-file.js";
import type { KeyFile, TokenOptions } from "./options.js";
import type { RemoteKeys } from "./remote-keys.js";
import { grantOf, principalOf } from "./statement.js";
import type { VerificationKey } from "./verification-key.js";
import { Verifier } from "./verifier.js";

const MAX_ISSUER = 100;

export interface TokenParts {
  readonly files: WatchedFiles;
  readonly log: Logger;
  /** What is told when a key is gone: those who were let in by it stand no longer. */
  readonly changed: () => void;
}

/** Tokens that are JWTs: of a connection, and of a subscription to one channel. */
export class Tokens implements Method {
  readonly name = "tokens";
  readonly #options: TokenOptions;
  readonly #verifier: Verifier;
  readonly #changed: () => void;

  private constructor(options: TokenOptions, { log, changed }: TokenParts) {
    this.#options = options;
    this.#verifier = new Verifier(options, log, changed);
    this.#changed = changed;
  }

  /** Rejects when a file of keys cannot be taken. Keys of a URL are fetched in the background: nothing waits for them. */
  static async open(options: TokenOptions, parts: TokenParts): Promise<Tokens> {
    const tokens = new Tokens(options, parts);
    for (const [index, source] of options.keys.entries()) {
      const what = `tokens.keys[${index}]`;
      const load = () => tokens.#load(what, source);
      await parts.files.watch({ what, names: [source.file], load });
    }
    tokens.remote?.start();
    return tokens;
  }

  close(): void {
    this.remote?.close();
  }

  /** Keys of a URL, where there is one. */
  get remote(): RemoteKeys | undefined {
    return this.#verifier.remote;
  }

  judges(door: Door): readonly CredentialKind[] {
    if (door === "login") return [];
    return door === "mqtt" ? ["password"] : ["token"];
  }

  async admit({ door, token, password }: Attempt): Promise<Principal | undefined> {
    const given = door === "mqtt" ? (token ?? password) : token;
    if (door === "login" || given === undefined || !looksLikeToken(given)) return undefined;
    const { claims, key, issuer } = await this.#verifier.verify(given);
    return { ...principalOf(claims, this.#options, door), credential: nameOf(key, issuer) };
  }

  /** What a subscription token allows. Rejects with `Denied`. */
  async grant(token: string): Promise<Grant> {
    const { claims, key, issuer } = await this.#verifier.verify(token);
    return { ...grantOf(claims, this.#options), credential: nameOf(key, issuer) };
  }

  /** Until the key is gone that its token was signed with. */
  stands({ proof, credential = "" }: Principal): boolean {
    if (proof !== "token") return true;
    const [id = ""] = credential.split(" ", 1);
    return this.#verifier.has(id);
  }

  async #load(what: string, source: KeyFile): Promise<void> {
    const keys = parseKeyFile(await readFile(source.file, "utf8"), source);
    if (this.#verifier.ring.set(what, keys)) this.#changed();
  }
}

/** For the log; it begins with what tells the key from every other. */
function nameOf({ id, place, kid }: VerificationKey, issuer: unknown): string {
  const named = kid === undefined ? "" : ` ${JSON.stringify(kid)}`;
  const by = typeof issuer === "string" ? ` by ${JSON.stringify(issuer.slice(0, MAX_ISSUER))}` : "";
  return `${id} ${place}${named}${by}`;
}
