import {
  type Grant,
  type Identity,
  InvalidToken,
  TokenExpired,
  type Tokens,
} from "../../../src/gateway/tokens.js";

/** Tokens that anybody can read: JSON of what they say. */
export class TestTokens implements Tokens {
  /** Awaited before a token is looked at, so that a test decides when that is. */
  before: () => Promise<void> = async () => {};

  static connection(identity: Partial<Identity> = {}): string {
    return JSON.stringify({ user: "", channels: [], ...identity });
  }

  static subscription(grant: Partial<Grant> & Pick<Grant, "channel">): string {
    return JSON.stringify({ user: "", ...grant });
  }

  async verifyConnection(token: string): Promise<Identity> {
    return this.#open<Identity>(token, "channels");
  }

  async verifySubscription(token: string): Promise<Grant> {
    return this.#open<Grant>(token, "channel");
  }

  async #open<Claims>(token: string, member: string): Promise<Claims> {
    await this.before();
    const claims = parse(token);
    if (typeof claims?.user !== "string" || !isRight(claims[member]))
      throw new InvalidToken("it is not signed");
    if (Number(claims.expiresAt) <= Date.now()) throw new TokenExpired("it is over");
    return claims as Claims;
  }
}

function parse(token: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(token) ?? undefined;
  } catch {
    return undefined;
  }
}

/** A channel, or a list of them. */
function isRight(channels: unknown): boolean {
  return [channels].flat().every((channel) => typeof channel === "string");
}
