import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Denied } from "../../access/denied.js";
import type { Attempt, Door } from "../../access/gate.js";
import type { Principal } from "../../access/principal.js";
import { inScope, type Scopes } from "../../access/scope.js";
import type { WatchedFiles } from "../../files/watched-files.js";
import type { CredentialKind, Method } from "../method.js";
import { type KeyEntry, parseKeys } from "./key-file.js";
import { hashOf, looksLikeKey } from "./key-text.js";

interface Key {
  readonly name: string;
  /** The name with a mark that is another when anything of the key is. */
  readonly credential: string;
  readonly user: string;
  readonly scopes: Scopes;
  readonly expiresAt: number | undefined;
}

/** API keys with scopes, of a file. */
export class Keys implements Method {
  readonly name = "keys";
  readonly #changed: () => void;
  /** What is looked up is the hash of what was given: how long that takes tells of the hash, from which no key can be made. */
  #byHash: ReadonlyMap<string, Key> = new Map();
  #credentials: ReadonlySet<string> = new Set();

  private constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Rejects when the file cannot be taken. `changed` is told when it was read again. */
  static async open(file: string, files: WatchedFiles, changed: () => void): Promise<Keys> {
    const keys = new Keys(changed);
    await files.watch({
      what: "API keys",
      names: [file],
      load: async () => keys.#take(parseKeys(await readFile(file, "utf8"))),
    });
    return keys;
  }

  get size(): number {
    return this.#byHash.size;
  }

  judges(door: Door): readonly CredentialKind[] {
    return door === "login" ? [] : door === "mqtt" ? ["password"] : ["key"];
  }

  async admit(attempt: Attempt): Promise<Principal | undefined> {
    const { door } = attempt;
    const text = door === "login" ? undefined : textOf(attempt);
    if (text === undefined) return undefined;
    const key = this.#byHash.get(hashOf(text));
    if (!key) throw new Denied("credentials", "the API key is none of keys.file");
    const { credential, user, scopes, expiresAt } = key;
    if (expiresAt !== undefined && expiresAt <= Date.now())
      throw new Denied("expired", `the API key ${key.name} has expired`);
    if (isForClients(door) && !inScope(scopes, "connect"))
      throw new Denied("forbidden", `the API key ${key.name} has not the scope connect`);
    return {
      user,
      proof: "key",
      credential,
      expiresAt,
      channels: [],
      scopes,
      unrestricted: user === "",
    };
  }

  /** Until its key is removed, or is changed in any way. */
  stands({ proof, credential = "" }: Principal): boolean {
    // Those of the configuration have no mark.
    return proof !== "key" || !credential.includes("#") || this.#credentials.has(credential);
  }

  #take(entries: readonly KeyEntry[]): void {
    const before = this.#credentials;
    const keys = entries.map((entry): [string, Key] => [entry.hash, keyOf(entry)]);
    this.#byHash = new Map(keys);
    this.#credentials = new Set(keys.map(([, { credential }]) => credential));
    if ([...before].some((credential) => !this.#credentials.has(credential))) this.#changed();
  }
}

/** A session of a client goes on for long; the other doors ask for the scope of each call. */
function isForClients(door: Door): boolean {
  return door === "mqtt" || door === "channel" || door === "v3";
}

function textOf({ door, key, token, password }: Attempt): string | undefined {
  const places = door === "mqtt" ? [key, token, password] : [key, token];
  return places.find((text) => text !== undefined && looksLikeKey(text));
}

function keyOf({ name, hash, scopes, user = "", expires }: KeyEntry): Key {
  const mark = createHash("sha256")
    .update(JSON.stringify([hash, user, expires, scopes]))
    .digest("hex");
  return {
    name,
    credential: `${name}#${mark.slice(0, 8)}`,
    user,
    scopes: new Set(scopes),
    expiresAt: expires === undefined ? undefined : Date.parse(expires),
  };
}
