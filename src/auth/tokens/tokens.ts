import { readFile } from "node:fs/promises";
import { errors, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Logger } from "pino";
import { Denied } from "../../access/denied.js";
import type { Attempt, Door } from "../../access/gate.js";
import type { Grant } from "../../access/grant.js";
import type { Principal } from "../../access/principal.js";
import type { WatchedFiles } from "../../files/watched-files.js";
import type { CredentialKind, Method } from "../method.js";
import { type Algorithm, algorithmNamed } from "./algorithm.js";
import { Claims } from "./claims.js";
import { type Header, headerOf, looksLikeToken, MAX_TOKEN } from "./header.js";
import { parseKeyFile } from "./key-file.js";
import { KeyRing } from "./key-ring.js";
import { knowsTokens, type TokenOptions } from "./options.js";
import { refusalOf } from "./refusal.js";
import { RemoteKeys } from "./remote-keys.js";
import { secretKey, type VerificationKey } from "./verification-key.js";

/** A token that names no key has each tried that it could be signed with; that is not to cost without end. */
const MOST_TRIED = 16;
const MAX_ISSUER = 100;

export interface TokenParts {
  readonly files: WatchedFiles;
  readonly log: Logger;
  /** What is told when a key is gone: those who were let in by it stand no longer. */
  readonly changed: () => void;
}

interface Verified {
  readonly claims: Claims;
  readonly key: VerificationKey;
  readonly issuer: unknown;
}

/** Tokens that are JWTs: of a connection, and of a subscription to one channel. */
export class Tokens implements Method {
  readonly name = "tokens";
  readonly remote: RemoteKeys | undefined;
  readonly #options: TokenOptions;
  readonly #ring = new KeyRing();
  readonly #changed: () => void;

  private constructor(options: TokenOptions, { log, changed }: TokenParts) {
    this.#options = options;
    this.#changed = changed;
    if (options.secret !== undefined)
      this.#ring.set("tokens.secret", [secretKey(Buffer.from(options.secret), "tokens.secret")]);
    if (options.jwks) this.remote = new RemoteKeys(options.jwks, log, changed);
  }

  /** Rejects when a file of keys cannot be taken. Keys of a URL are fetched in the background: nothing waits for them. */
  static async open(options: TokenOptions, parts: TokenParts): Promise<Tokens> {
    const tokens = new Tokens(options, parts);
    for (const [index, source] of options.keys.entries()) {
      const what = `tokens.keys[${index}]`;
      const load = async () => {
        const keys = parseKeyFile(await readFile(source.file, "utf8"), source);
        if (tokens.#ring.set(what, keys)) tokens.#changed();
      };
      await parts.files.watch({ what, names: [source.file], load });
    }
    tokens.remote?.start();
    return tokens;
  }

  close(): void {
    this.remote?.close();
  }

  judges(door: Door): readonly CredentialKind[] {
    return door === "login" ? [] : door === "mqtt" ? ["password"] : ["token"];
  }

  async admit({ door, token, password }: Attempt): Promise<Principal | undefined> {
    const given = door === "mqtt" ? (token ?? password) : token;
    if (door === "login" || given === undefined || !looksLikeToken(given)) return undefined;
    const { claims, key, issuer } = await this.#verify(given);
    if (claims.has("channel"))
      throw new Denied(
        "credentials",
        'it is a subscription token (it holds "channel"), which does not let in',
      );
    const { clockTolerance, userClaim } = this.#options;
    return {
      user: claims.user(userClaim),
      proof: "token",
      credential: nameOf(key, issuer),
      expiresAt: claims.expiresAt(clockTolerance),
      clientId: this.#clientIdOf(claims, door),
      info: claims.json("info"),
      meta: claims.json("meta"),
      channels: claims.channels,
      scopes: claims.scopes,
      stated: claims.rights,
      unrestricted: false,
    };
  }

  /** What a subscription token allows. Rejects with `Denied`. */
  async grant(token: string): Promise<Grant> {
    const { claims } = await this.#verify(token);
    return {
      user: claims.user(this.#options.userClaim),
      channel: claims.channel,
      info: claims.json("info"),
      expiresAt: claims.expiresAt(this.#options.clockTolerance),
    };
  }

  /** Until the key is gone that its token was signed with. */
  stands({ proof, credential = "" }: Principal): boolean {
    if (proof !== "token") return true;
    const [id = ""] = credential.split(" ", 1);
    return this.#ring.has(id) || (this.remote?.has(id) ?? false);
  }

  /** A device must be held to its identifier; in a browser there is none to hold to. */
  #clientIdOf(claims: Claims, door: Door): string | undefined {
    const { clientIdClaim } = this.#options;
    if (clientIdClaim === undefined) return undefined;
    const clientId = claims.clientId(clientIdClaim);
    if (clientId === undefined && door === "mqtt")
      throw new Denied("credentials", `it has no "${clientIdClaim}", which tokens.clientIdClaim asks for`);
    return clientId;
  }

  async #verify(token: string): Promise<Verified> {
    if (!knowsTokens(this.#options))
      throw new Denied(
        "credentials",
        "no token can be checked: set tokens.secret, tokens.keys or tokens.jwks",
      );
    if (token.length > MAX_TOKEN)
      throw new Denied("credentials", `it is longer than ${MAX_TOKEN} characters`);
    const header = headerOf(token);
    const algorithm = this.#algorithmOf(header);
    const own = this.#ring.candidates(algorithm, header.kid);
    const verified = await this.#verifyWith(token, header, own);
    if (verified) return verified;
    // Nothing that came over the network is ever a secret.
    const remote = algorithm.startsWith("HS") ? [] : ((await this.remote?.find(algorithm, header.kid)) ?? []);
    const fetched = await this.#verifyWith(token, header, remote);
    if (fetched) return fetched;
    throw notVerified(header, [...own, ...remote]);
  }

  #algorithmOf({ alg }: Header): Algorithm {
    const algorithm = algorithmNamed(alg);
    const known = this.#ring.algorithms;
    const isOpen = this.remote !== undefined && !alg.startsWith("HS");
    if (algorithm && (isOpen || known.includes(algorithm))) return algorithm;
    const others = this.remote ? [...known, "those of tokens.jwks"] : known;
    throw new Denied("credentials", `its algorithm is not one of its keys: ${others.join(", ")}`);
  }

  /** Undefined when it is signed with none of the keys. */
  async #verifyWith(
    token: string,
    { alg, kid }: Header,
    keys: readonly VerificationKey[],
  ): Promise<Verified | undefined> {
    if (keys.length > MOST_TRIED)
      throw new Denied(
        "credentials",
        `${keys.length} keys could be ${kid === undefined ? "its own: it must name one (kid)" : "the one that it names"}`,
      );
    for (const key of keys)
      try {
        const { payload } = await jwtVerify(token, key.key, this.#verifyOptions(alg));
        return { claims: new Claims(payload), key, issuer: payload.iss };
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusalOf(error);
      }
    return undefined;
  }

  #verifyOptions(alg: string): JWTVerifyOptions {
    const { clockTolerance, requireExpiry, audience, issuer } = this.#options;
    return {
      algorithms: [alg],
      clockTolerance: clockTolerance / 1_000,
      requiredClaims: requireExpiry ? ["exp"] : [],
      ...(audience === undefined ? {} : { audience }),
      ...(issuer === undefined ? {} : { issuer }),
    };
  }
}

/** For the log; it begins with what tells the key from every other. */
function nameOf({ id, place, kid }: VerificationKey, issuer: unknown): string {
  const named = kid === undefined ? "" : ` ${JSON.stringify(kid)}`;
  const by = typeof issuer === "string" ? ` by ${JSON.stringify(issuer.slice(0, MAX_ISSUER))}` : "";
  return `${id} ${place}${named}${by}`;
}

function notVerified({ kid }: Header, tried: readonly VerificationKey[]): Denied {
  const places = [...new Set(tried.map(({ place }) => place))].join(", ");
  if (places !== "") return new Denied("credentials", `it is not signed with ${places}`);
  return new Denied(
    "credentials",
    kid === undefined
      ? "there is no key for its algorithm"
      : 'there is no key of the name ("kid") in its header',
  );
}
