import type { Grant } from "./grant.js";
import type { Peer } from "./peer.js";
import type { Principal } from "./principal.js";
import type { Rights } from "./rights.js";

/** Where somebody asks to be let in. */
export type Door = "mqtt" | "channel" | "v3" | "rest" | "metrics" | "login";

/** What somebody brings to a door. Only what was given is set; an empty text counts as given. */
export interface Attempt {
  readonly door: Door;
  readonly peer: Peer;
  /** MQTT: the client identifier. */
  readonly clientId?: string | undefined;
  /** A name and password: of CONNECT, of Basic authorization, of the login form. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A connection token (JWT): of `connect`, of `?jwt=`, of Bearer authorization. In MQTT it comes as the password. */
  readonly token?: string | undefined;
  /** An API key: of `X-API-Key`, of `?api_key=`, of Bearer authorization. In MQTT it comes as the password. */
  readonly key?: string | undefined;
  /** The value of the login cookie. */
  readonly cookie?: string | undefined;
  /** A signed channel URL: its query, and the channel that is asked for. */
  readonly signedUrl?: { readonly channel: string; readonly query: URLSearchParams } | undefined;
}

/** Somebody whom a subscription token alone lets in, to its one channel. */
export interface ChannelEntry {
  readonly peer: Peer;
  readonly channel: string;
}

/** `credentials`: `stands` is to be asked again; `rights`: `rightsOf`, too. */
export type GateChange = "credentials" | "rights";

/** Decides who is let in, and what they may do. The one model behind every door. */
export interface Gate {
  /** Whether clients without credentials are let in. */
  readonly anonymous: boolean;
  /** Rejects with {@link Denied}. */
  admit(attempt: Attempt): Promise<Principal>;
  /**
   * What a subscription token allows. With an entry its holder is let in by it, into no other channel. Rejects with {@link Denied}: as
   * `forbidden` only for another channel; else the token may be one of a connection, for which `admit` is to be asked.
   */
  grant(token: string, entry?: ChannelEntry): Promise<Grant>;
  /** Undefined when it may do everything. Valid until the next change. */
  rightsOf(principal: Principal, clientId: string): Rights | undefined;
  /** Whether a credential that let somebody in still does: its account, key or certificate is still there. */
  stands(principal: Principal): boolean;
  /** What comes from files or ends by itself has changed. Returns what ends it. */
  onChange(listener: (change: GateChange) => void): () => void;
}
