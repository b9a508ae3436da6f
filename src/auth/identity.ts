/** Who a client is, as its connection token says. */
export interface Identity {
  /** Empty for a user without a name. */
  readonly user: string;
  /** What other clients are shown of it. */
  readonly info?: unknown;
  /** What only the server is shown. */
  readonly meta?: unknown;
  /** When the token ends, in ms since 1970. */
  readonly expiresAt?: number | undefined;
  /** Channels that the server subscribes the client to. */
  readonly channels: readonly string[];
}

/** The token was good: the client may bring a new one. The message is for the log and never holds the token. */
export class TokenExpired extends Error {}

/** The token is not good and will not become so. The message is for the log and never holds the token. */
export class InvalidToken extends Error {}
