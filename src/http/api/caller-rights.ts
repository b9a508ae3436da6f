import type { Principal } from "../../access/principal.js";
import type { ChannelAction, Readable, Rights } from "../../access/rights.js";
import type { Caller } from "./access.js";

/** What the rules of channels say of users. */
export interface ChannelAccess {
  /** Whether the rule of a channel lets the user do this without a subscription token; undefined when it says nothing of it. */
  access(channel: string, action: ChannelAction, user: string): boolean | undefined;
}

const EVERYTHING: Readable = { qos: 2, whole: true };
/** What a token lets its holder do in the channels that it chooses. */
const GRANTED: ReadonlySet<ChannelAction> = new Set(["subscribe", "presence", "history"]);

/**
 * What a caller may do. Where the rules say nothing of a channel, the caller's token may, and then the channel's own rule, as for sessions.
 * Undefined: everything.
 */
export function rightsOf({ principal, rights }: Caller, channels: ChannelAccess): Rights | undefined {
  if (!principal || principal.unrestricted) return rights;
  return new CallerRights(principal, rights, channels);
}

class CallerRights implements Rights {
  readonly #principal: Principal;
  readonly #rights: Rights | undefined;
  readonly #channels: ChannelAccess;

  constructor(principal: Principal, rights: Rights | undefined, channels: ChannelAccess) {
    this.#principal = principal;
    this.#rights = rights;
    this.#channels = channels;
  }

  mayPublish(topic: string, qos: number, retain: boolean): boolean {
    return this.#rights?.mayPublish(topic, qos, retain) ?? true;
  }

  readable(filter: string): Readable | undefined {
    return this.#rights ? this.#rights.readable(filter) : EVERYTHING;
  }

  mayReceive(topic: string): boolean {
    return this.#rights?.mayReceive(topic) ?? true;
  }

  receiveQos(topic: string): 0 | 1 | 2 | undefined {
    return this.#rights ? this.#rights.receiveQos(topic) : EVERYTHING.qos;
  }

  channel(name: string, action: ChannelAction): boolean | undefined {
    const byRules = this.#rights?.channel(name, action);
    if (byRules !== undefined) return byRules;
    const { channels, user } = this.#principal;
    return (GRANTED.has(action) && channels.includes(name)) || this.#channels.access(name, action, user);
  }
}
