import { Denied } from "../../../src/access/denied.js";
import type { Grant } from "../../../src/access/grant.js";
import type { Principal } from "../../../src/access/principal.js";

/** What a connection token says. */
export type Identity = Pick<Principal, "user" | "info" | "meta" | "expiresAt" | "channels" | "stated">;

/** Judges the tokens that clients bring. Rejects with `Denied`. */
export interface Tokens {
  verifyConnection(token: string): Promise<Identity>;
  verifySubscription(token: string): Promise<Grant>;
}

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
      throw new Denied("credentials", "it is not signed");
    if (Number(claims.expiresAt) <= Date.now()) throw new Denied("expired", "it is over");
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
