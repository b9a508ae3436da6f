import type { Principal } from "../../access/principal.js";
import type { ChannelAction, Readable, Rights } from "../../access/rights.js";
import type { Caller } from "./access.js";

/** What the rules of channels say of users. */
export interface ChannelAccess {
  /** Whether the rule of a channel names the user for this; undefined when it says nothing of it. */
  access(channel: string, action: ChannelAction, user: string): boolean | undefined;
}

const EVERYTHING: Readable = { qos: 2, whole: true };

/** What a caller may do: where the rules say nothing of a channel, its own rule may. Undefined: everything. */
export function rightsOf({ principal, rights }: Caller, channels: ChannelAccess): Rights | undefined {
  if (!principal || principal.unrestricted) return rights;
  return new CallerRights(principal, rights, channels);
}

class CallerRights implements Rights {
  readonly #user: Principal["user"];
  readonly #rights: Rights | undefined;
  readonly #channels: ChannelAccess;

  constructor({ user }: Principal, rights: Rights | undefined, channels: ChannelAccess) {
    this.#user = user;
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

  channel(name: string, action: ChannelAction): boolean | undefined {
    return this.#rights?.channel(name, action) ?? this.#channels.access(name, action, this.#user);
  }
}
