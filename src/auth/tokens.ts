import { type JWTVerifyOptions, jwtVerify } from "jose";
import { type Grant, type Identity, InvalidToken, type Tokens } from "../gateway/tokens.js";
import { Claims } from "./claims.js";
import { refusalOf } from "./token-refusal.js";

export interface TokenOptions {
  /** Shared with whoever makes tokens; without it none is accepted. */
  readonly secret?: string | undefined;
  readonly audience?: string | undefined;
  readonly issuer?: string | undefined;
  /** How far the clocks of the two may be apart, in ms. */
  readonly clockTolerance: number;
  readonly requireExpiry: boolean;
}

/** Longer tokens are not even looked at, in characters. */
const MAX_TOKEN = 8 * 1024;
const ALGORITHMS = ["HS256", "HS384", "HS512"];

/** Tokens that are JWTs, signed with a secret. */
export class JwtTokens implements Tokens {
  readonly #key: Uint8Array | undefined;
  readonly #options: JWTVerifyOptions;
  readonly #clockTolerance: number;

  constructor({ secret, audience, issuer, clockTolerance, requireExpiry }: TokenOptions) {
    this.#key = secret === undefined ? undefined : new TextEncoder().encode(secret);
    this.#clockTolerance = clockTolerance;
    this.#options = {
      algorithms: ALGORITHMS,
      clockTolerance: clockTolerance / 1_000,
      requiredClaims: requireExpiry ? ["exp"] : [],
      ...(audience === undefined ? {} : { audience }),
      ...(issuer === undefined ? {} : { issuer }),
    };
  }

  async verifyConnection(token: string): Promise<Identity> {
    const claims = await this.#verify(token);
    if (claims.has("channel"))
      throw new InvalidToken('it is a subscription token (it holds "channel"), and connect takes none');
    return {
      user: claims.user,
      info: claims.json("info"),
      meta: claims.json("meta"),
      expiresAt: claims.expiresAt(this.#clockTolerance),
      channels: claims.channels,
    };
  }

  async verifySubscription(token: string): Promise<Grant> {
    const claims = await this.#verify(token);
    return {
      user: claims.user,
      channel: claims.channel,
      info: claims.json("info"),
      expiresAt: claims.expiresAt(this.#clockTolerance),
    };
  }

  async #verify(token: string): Promise<Claims> {
    if (!this.#key) throw new InvalidToken("tokens.secret is not set, so no token can be checked");
    if (token.length > MAX_TOKEN) throw new InvalidToken(`it is longer than ${MAX_TOKEN} characters`);
    try {
      const { payload } = await jwtVerify(token, this.#key, this.#options);
      return new Claims(payload);
    } catch (error) {
      throw refusalOf(error);
    }
  }
}
