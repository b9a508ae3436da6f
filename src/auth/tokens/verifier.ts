import { errors, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Logger } from "pino";
import { Denied } from "../../access/denied.js";
import { type Algorithm, algorithmNamed } from "./algorithm.js";
import { Claims } from "./claims.js";
import { type Header, headerOf, MAX_TOKEN } from "./header.js";
import { KeyRing } from "./key-ring.js";
import { knowsTokens, type TokenOptions } from "./options.js";
import { refusalOf } from "./refusal.js";
import { RemoteKeys } from "./remote-keys.js";
import { secretKey, type VerificationKey } from "./verification-key.js";

/** A token that names no key has each tried that it could be signed with; that is not to cost without end. */
const MOST_TRIED = 16;

export interface Verified {
  readonly claims: Claims;
  readonly key: VerificationKey;
  /** Its claim `iss`, whatever that is. */
  readonly issuer: unknown;
}

/** Checks of tokens what does not depend on what they are for: signature, time, audience and issuer. */
export class Verifier {
  /** Keys of the configuration and of files. */
  readonly ring = new KeyRing();
  readonly remote: RemoteKeys | undefined;
  readonly #options: TokenOptions;

  /** `keyGone` is told when a key is no longer at the URL. */
  constructor(options: TokenOptions, log: Logger, keyGone: () => void) {
    this.#options = options;
    if (options.secret !== undefined)
      this.ring.set("tokens.secret", [secretKey(Buffer.from(options.secret), "tokens.secret")]);
    if (options.jwks) this.remote = new RemoteKeys(options.jwks, log, keyGone);
  }

  /** Whether the key with the identifier is still there. */
  has(id: string): boolean {
    return this.ring.has(id) || (this.remote?.has(id) ?? false);
  }

  /** Rejects with `Denied`. */
  async verify(token: string): Promise<Verified> {
    if (!knowsTokens(this.#options))
      throw refused("no token can be checked: set tokens.secret, tokens.keys or tokens.jwks");
    if (token.length > MAX_TOKEN) throw refused(`it is longer than ${MAX_TOKEN} characters`);
    const header = headerOf(token);
    const algorithm = this.#algorithmOf(header);
    const own = this.ring.candidates(algorithm, header.kid);
    const verified = await this.#verifyWith(token, header, own);
    if (verified) return verified;
    // Nothing that came over the network is ever a secret.
    const remote = isSecret(algorithm) ? undefined : this.remote;
    const fetched = (await remote?.find(algorithm, header.kid)) ?? [];
    const byFetched = await this.#verifyWith(token, header, fetched);
    if (byFetched) return byFetched;
    const newer = (await remote?.findOthers(algorithm, header.kid, fetched)) ?? [];
    const byNewer = await this.#verifyWith(token, header, newer);
    if (byNewer) return byNewer;
    throw notVerified(header, [...own, ...fetched, ...newer]);
  }

  #algorithmOf({ alg }: Header): Algorithm {
    const algorithm = algorithmNamed(alg);
    const known = this.ring.algorithms;
    const mayBeRemote = this.remote !== undefined && !isSecret(alg);
    if (algorithm && (mayBeRemote || known.includes(algorithm))) return algorithm;
    const all = this.remote ? [...known, "those of tokens.jwks"] : known;
    throw refused(`its algorithm is not one of its keys: ${all.join(", ")}`);
  }

  /** Undefined when it is signed with none of the keys. */
  async #verifyWith(
    token: string,
    { alg }: Header,
    keys: readonly VerificationKey[],
  ): Promise<Verified | undefined> {
    if (keys.length > MOST_TRIED)
      throw refused(`it could be signed with any of ${keys.length} keys: it must name its own (kid)`);
    for (const key of keys)
      try {
        const { payload } = await jwtVerify(token, key.key, this.#optionsFor(alg));
        return { claims: new Claims(payload), key, issuer: payload.iss };
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusalOf(error);
      }
    return undefined;
  }

  #optionsFor(alg: string): JWTVerifyOptions {
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

function isSecret(algorithm: string): boolean {
  return algorithm.startsWith("HS");
}

function notVerified({ kid }: Header, tried: readonly VerificationKey[]): Denied {
  const places = [...new Set(tried.map(({ place }) => place))].join(", ");
  if (places !== "") return refused(`it is not signed with ${places}`);
  return refused(
    kid === undefined
      ? "there is no key for its algorithm"
      : 'there is no key of the name ("kid") in its header',
  );
}

function refused(reason: string): Denied {
  return new Denied("credentials", reason);
}
