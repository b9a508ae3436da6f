import type { StatedRights } from "./rights.js";
import type { Scopes } from "./scope.js";

/**
 * By what somebody was let in. `none`: by nothing, as an anonymous client; `loopback`: by being on this machine; `stored`: it is
 * not there, and what it left behind (a session, a will) is judged by its user.
 */
export type Proof =
  | "none"
  | "loopback"
  | "password"
  | "token"
  | "key"
  | "certificate"
  | "webhook"
  | "signed-url"
  | "cookie"
  | "stored";

/** Who somebody is, on every door, once it was let in. */
export interface Principal {
  /** Empty for nobody in particular: an anonymous client, or a key that stands for no user. */
  readonly user: string;
  readonly proof: Proof;
  /** Which of the credentials of its kind it was, for the log: the name of a key, the issuer of a token. Never a secret. */
  readonly credential?: string | undefined;
  /** When the credential ends, in ms since 1970. */
  readonly expiresAt?: number | undefined;
  /** The only client identifier that the credential may be used with. */
  readonly clientId?: string | undefined;
  /** What other clients are shown of it. */
  readonly info?: unknown;
  /** What only the server is shown. */
  readonly meta?: unknown;
  /** Channels that the server subscribes it to. */
  readonly channels: readonly string[];
  readonly scopes: Scopes;
  /** Rights that the credential carries itself, beside those of the rules. */
  readonly stated?: StatedRights | undefined;
  /** Rules are not applied to it: a server's key that stands for no user, or this machine where it needs no credential. */
  readonly unrestricted: boolean;
}
