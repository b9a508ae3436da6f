import type { IncomingMessage } from "node:http";
import type { Denied } from "../access/denied.js";
import type { Gate } from "../access/gate.js";
import { holderOf } from "../access/grant.js";
import type { Principal } from "../access/principal.js";
import type { LimitedLog } from "../log/limited.js";
import { MAX_CHANNEL_NAME } from "./channel-name.js";
import type { Channels, Features } from "./channels.js";
import { quote } from "./command.js";
import { Fault } from "./fault.js";
import { refused, settled, unauthorized } from "./plain-denial.js";
import { type PlainQuery, plainQuery } from "./plain-query.js";
import { Refused } from "./refusal.js";
import { type Denials, SessionRights, type SessionRightsContext } from "./session-rights.js";
import { type Visitor, visitorOf } from "./visitor.js";

/** Who a bare WebSocket belongs to, and what it wants. */
export interface Pass extends Admitted {
  readonly query: PlainQuery;
}

interface Admitted {
  readonly principal: Principal;
  /** Whether the credential is good for this channel in particular. */
  readonly granted: boolean;
  readonly chanInfo?: unknown;
}

export interface PlainDoorOptions extends SessionRightsContext, Denials {
  readonly limitedLog: LimitedLog;
}

/** Decides who may open a bare WebSocket on a channel. */
export class PlainDoor {
  readonly #options: PlainDoorOptions;
  readonly #channels: Channels;
  readonly #gate: Gate;
  readonly #limitedLog: LimitedLog;

  constructor(options: PlainDoorOptions) {
    this.#options = options;
    this.#channels = options.channels;
    this.#gate = options.gate;
    this.#limitedLog = options.limitedLog;
  }

  /** Rejects with {@link Refused}. */
  async pass(request: IncomingMessage, channel: string): Promise<Pass> {
    const features = this.#features(channel);
    const query = plainQuery(request);
    const admitted = await this.#admitted(visitorOf(request), query, channel, features);
    this.#checkRights(admitted, channel, features);
    return { ...admitted, query };
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

  #checkRights({ principal, granted }: Admitted, channel: string, features: Features): void {
    const rights = new SessionRights(this.#options, this.#options);
    rights.belongTo(principal);
    if (rights.permit(channel, features, granted).subscribe === "none")
      throw new Refused({ status: 403, error: rights.refusal("subscribe", channel).message });
  }

  /** The first of what is given counts. */
  #admitted(
    visitor: Visitor,
    query: PlainQuery,
    channel: string,
    { requireToken }: Features,
  ): Promise<Admitted> {
    if (query.jwt !== "") return this.#byToken(visitor, query.jwt, channel, requireToken);
    if (query.search.has("signature")) return this.#bySignature(visitor, query, channel);
    if (requireToken) throw unauthorized(`channel ${quote(channel)} needs a jwt`);
    return this.#byKey(visitor, query.apiKey);
  }

  /** A token is one for the connection, or one for the channel alone. */
  async #byToken(
    { peer }: Visitor,
    token: string,
    channel: string,
    requireToken: boolean,
  ): Promise<Admitted> {
    const grant = await settled(this.#gate.grant(token, { peer, channel }));
    if (!(grant instanceof Error)) return { principal: holderOf(grant), granted: true, chanInfo: grant.info };
    if (grant.kind === "forbidden") throw notForChannel(channel);
    const principal = await settled(this.#gate.admit({ door: "v3", peer, token }));
    if (principal instanceof Error) throw this.#tokenRefused(channel, principal, grant);
    const granted = principal.channels.includes(channel);
    if (requireToken && !granted) throw notForChannel(channel);
    return { principal, granted };
  }

  async #bySignature({ peer }: Visitor, { search }: PlainQuery, channel: string): Promise<Admitted> {
    const signedUrl = { channel, query: search };
    const principal = await settled(this.#gate.admit({ door: "v3", peer, signedUrl }));
    if (!(principal instanceof Error)) return { principal, granted: true };
    throw refused(principal, "the signed URL is not valid", "the signed URL has expired");
  }

  async #byKey({ peer, cookie }: Visitor, key: string): Promise<Admitted> {
    const brought = key === "" ? { cookie } : { key };
    const principal = await settled(this.#gate.admit({ door: "v3", peer, ...brought }));
    if (!(principal instanceof Error)) return { principal, granted: false };
    throw refused(principal, "an api_key, a jwt or a signed URL is needed", "what lets in has expired");
  }

  #tokenRefused(channel: string, asConnection: Denied, asSubscription: Denied): Refused {
    const kinds = [asConnection, asSubscription];
    const denied = kinds.find(({ kind }) => kind !== "credentials") ?? asConnection;
    if (denied.kind === "credentials")
      this.#limitedLog.warn("jwt refused", {
        channel,
        reason: asConnection.message,
        asSubscriptionToken: asSubscription.message,
      });
    return refused(denied, "the jwt is not valid", "the jwt has expired");
  }
}

function notForChannel(channel: string): Refused {
  return new Refused({ status: 403, error: `the jwt is not for channel ${quote(channel)}` });
}
