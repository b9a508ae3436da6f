import type { IncomingMessage } from "node:http";
import { SecretKeys } from "../http/secret-keys.js";
import type { LimitedLog } from "../log/limited.js";
import { MAX_CHANNEL_NAME } from "./channel-name.js";
import type { Channels, Features } from "./channels.js";
import { quote } from "./command.js";
import { Fault } from "./fault.js";
import { type PlainQuery, plainQuery } from "./plain-query.js";
import { Refused } from "./refusal.js";
import { remoteOf } from "./remote.js";
import { type Grant, type Identity, TokenExpired, type Tokens } from "./tokens.js";

/** Who a bare WebSocket belongs to, and what it wants. */
export interface Pass {
  /** Empty for somebody who has no token. */
  readonly user: string;
  readonly connInfo?: unknown;
  readonly chanInfo?: unknown;
  /** When the token ends, in ms since 1970. */
  readonly expiresAt?: number | undefined;
  readonly query: PlainQuery;
}

export interface PlainDoorOptions {
  readonly channels: Channels;
  readonly tokens: Tokens;
  readonly apiKeys: readonly string[];
  readonly limitedLog: LimitedLog;
}

/** Decides who may open a bare WebSocket on a channel. */
export class PlainDoor {
  readonly #channels: Channels;
  readonly #tokens: Tokens;
  readonly #apiKeys: SecretKeys;
  readonly #limitedLog: LimitedLog;

  constructor({ channels, tokens, apiKeys, limitedLog }: PlainDoorOptions) {
    this.#channels = channels;
    this.#tokens = tokens;
    this.#apiKeys = new SecretKeys(apiKeys);
    this.#limitedLog = limitedLog;
  }

  /** Rejects with {@link Refused}. */
  async pass(request: IncomingMessage, channel: string): Promise<Pass> {
    const { requireToken } = this.#features(channel);
    const query = plainQuery(request);
    if (query.jwt !== "")
      return { ...(await this.#bearer(request, query.jwt, channel, requireToken)), query };
    if (requireToken) throw unauthorized(`channel ${quote(channel)} needs a jwt`);
    if (this.#apiKeys.size > 0 && this.#apiKeys.indexOf(query.apiKey) === -1)
      throw unauthorized("an api_key of gateway.apiKeys is needed, or a jwt");
    return { user: "", query };
  }

  #features(channel: string): Features {
    if (channel.length > MAX_CHANNEL_NAME) {
      const error = `a channel name must not be longer than ${MAX_CHANNEL_NAME} characters`;
      throw new Refused({ status: 404, error });
    }
    const features = this.#channels.features(channel);
    if (features instanceof Fault) throw new Refused({ status: 404, error: features.message });
    return features;
  }

  /** A token is one for the connection, or one for the channel alone. */
  async #bearer(
    request: IncomingMessage,
    jwt: string,
    channel: string,
    requireToken: boolean,
  ): Promise<Omit<Pass, "query">> {
    const identity = await settle(this.#tokens.verifyConnection(jwt));
    if (!(identity instanceof Error) && (!requireToken || identity.channels.includes(channel)))
      return { user: identity.user, connInfo: identity.info, expiresAt: identity.expiresAt };
    const grant = await settle(this.#tokens.verifySubscription(jwt));
    if (!(grant instanceof Error) && grant.channel === channel)
      return { user: grant.user, chanInfo: grant.info, expiresAt: grant.expiresAt };
    throw this.#refused(request, channel, identity, grant);
  }

  #refused(
    request: IncomingMessage,
    channel: string,
    identity: Identity | Error,
    grant: Grant | Error,
  ): Refused {
    if (!(identity instanceof Error) || !(grant instanceof Error))
      return new Refused({ status: 403, error: `the jwt is not for channel ${quote(channel)}` });
    if (identity instanceof TokenExpired || grant instanceof TokenExpired)
      return unauthorized("the jwt has expired");
    const details = { remote: remoteOf(request), channel };
    const asSubscriptionToken = grant.message;
    this.#limitedLog.warn("jwt refused", { ...details, reason: identity.message, asSubscriptionToken });
    return unauthorized("the jwt is not valid");
  }
}

function settle<T>(verified: Promise<T>): Promise<T | Error> {
  return verified.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

function unauthorized(error: string): Refused {
  return new Refused({ status: 401, error });
}
