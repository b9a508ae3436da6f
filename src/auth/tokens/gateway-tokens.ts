import { Denied } from "../../access/denied.js";
import { type Grant, type Identity, InvalidToken, TokenExpired, type Tokens } from "../../gateway/tokens.js";
import type { Tokens as Jwts } from "./tokens.js";

/** Tokens in the form that the gateway asks for them. */
export class GatewayTokens implements Tokens {
  readonly #jwts: Jwts;

  constructor(jwts: Jwts) {
    this.#jwts = jwts;
  }

  async verifyConnection(token: string): Promise<Identity> {
    const peer = { address: "unknown", port: 0, secure: false };
    const principal = await this.#jwts.admit({ door: "channel", peer, token }).catch(rethrow);
    if (!principal) throw new InvalidToken("it is not a signed JWT");
    const { user, info, meta, expiresAt, channels } = principal;
    return { user, info, meta, expiresAt, channels };
  }

  verifySubscription(token: string): Promise<Grant> {
    return this.#jwts.grant(token).catch(rethrow);
  }
}

/** That nobody can be asked is no fault of the token's. */
function rethrow(error: unknown): never {
  if (!(error instanceof Denied) || error.kind === "unavailable") throw error;
  throw error.kind === "expired" ? new TokenExpired(error.message) : new InvalidToken(error.message);
}
