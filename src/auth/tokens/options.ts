import type { Algorithm } from "./algorithm.js";

/** A file with one key or several. */
export interface KeyFile {
  readonly file: string;
  /** The only algorithm for its keys. */
  readonly algorithm?: Algorithm | undefined;
}

/** Where an identity provider shows its keys. Times in ms. */
export interface RemoteOptions {
  readonly url: string;
  readonly refresh: number;
  readonly cooldown: number;
  readonly timeout: number;
  readonly stale: number;
}

export interface TokenOptions {
  /** Shared with whoever makes tokens. */
  readonly secret?: string | undefined;
  readonly keys: readonly KeyFile[];
  readonly jwks?: RemoteOptions | undefined;
  readonly audience?: string | undefined;
  readonly issuer?: string | undefined;
  readonly userClaim: string;
  readonly clientIdClaim?: string | undefined;
  /** How far the clocks of the two may be apart, in ms. */
  readonly clockTolerance: number;
  readonly requireExpiry: boolean;
}

/** Whether there is anything to check a token with. */
export function knowsTokens({ secret, keys, jwks }: TokenOptions): boolean {
  return secret !== undefined || keys.length > 0 || jwks !== undefined;
}
