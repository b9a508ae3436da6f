import { createHash } from "node:crypto";
import { anonymous } from "../access/anonymous.js";
import type { Gate } from "../access/gate.js";
import type { Principal } from "../access/principal.js";
import type { ChannelAction, Rights } from "../access/rights.js";
import { rightsText, sameRights } from "../access/same-rights.js";
import type { Changes } from "./changes.js";
import type { Channels, Features } from "./channels.js";
import { errors } from "./codes.js";
import { quote } from "./command.js";
import { Fault } from "./fault.js";

/** What may be seen of a channel: nothing, what has a topic that may be received, or all of it. */
export type View = "none" | "part" | "whole";

/** What a subscription may show its client. */
export interface Permit {
  readonly subscribe: View;
  /** Who is there, who comes and who goes. */
  readonly presence: boolean;
  /** What was published before it began. */
  readonly recovery: boolean;
  /** Of now; subscriptions to a part depend on them. */
  readonly rights: Rights | undefined;
}

/** Whether a message with this topic may be published. */
export type MayPublish = (topic: string, qos: number, retain: boolean) => boolean;

/** Channels have no client identifiers: rules that ask for one do not hold here. */
const NO_CLIENT = "";
const SIGHT_LENGTH = 12;

export interface SessionRightsContext {
  readonly gate: Gate;
  readonly channels: Channels;
  readonly changes: Changes;
}

/** Hears what is refused for want of rights. */
export interface Denials {
  denied(action: ChannelAction, channel: string): void;
}

/** Who a session belongs to, and what it may do in channels under the rules of now. */
export class SessionRights {
  readonly #context: SessionRightsContext;
  readonly #denials: Denials;
  #principal: Principal = anonymous;
  #known = false;
  #rights: Rights | undefined;
  /** The change after which the rights were asked for. */
  #asked = 0;
  #version = 0;

  constructor(context: SessionRightsContext, denials: Denials) {
    this.#context = context;
    this.#denials = denials;
  }

  get principal(): Principal {
    return this.#principal;
  }

  /** Whether it is known who the session belongs to. */
  get known(): boolean {
    return this.#known;
  }

  /** Undefined when everything may be done. */
  get current(): Rights | undefined {
    const { changes } = this.#context;
    if (this.#asked !== changes.rights) this.#ask();
    return this.#rights;
  }

  /** Another one as soon as the rights may be others. */
  get version(): number {
    return this.#version;
  }

  /** A name of what may be seen now: another one for whoever may see something else, or might. */
  get sight(): string {
    const { changes } = this.#context;
    const text = JSON.stringify([changes.rights, rightsText(this.#principal)]);
    return createHash("sha256").update(text).digest("base64url").slice(0, SIGHT_LENGTH);
  }

  /** The rights stay as they are when a newer credential says the same of them. */
  belongTo(principal: Principal): void {
    const same = this.#known && sameRights(principal, this.#principal);
    this.#principal = principal;
    this.#known = true;
    if (!same) this.#ask();
  }

  /** `granted`: somebody who may do so has chosen the channel for the client, by a token or a call. */
  permit(channel: string, features: Features, granted: boolean): Permit {
    const subscribe = this.view(channel, "subscribe", features, granted);
    const history = this.view(channel, "history", features, granted);
    return {
      subscribe,
      presence: this.view(channel, "presence", features, granted) !== "none",
      // A part of the history is the part that the subscription shows.
      recovery: history === "whole" || (history === "part" && subscribe === "part"),
      rights: this.current,
    };
  }

  /** What a statement about the channel does not decide, the topics behind it do. */
  view(
    channel: string,
    action: "subscribe" | "presence" | "history",
    features: Features,
    granted = false,
  ): View {
    const stated = this.#stated(channel, action, features, granted);
    if (stated !== undefined) return stated ? "whole" : "none";
    return this.#viewOfTopics(channel);
  }

  /** What a message is to be checked with; undefined when any may be published. @throws {Fault} when none may. */
  publishing(action: "publish" | "rpc", channel: string, features: Features): MayPublish | undefined {
    const stated = this.#stated(channel, action, features, false);
    if (stated === false) throw this.refusal(action, channel);
    if (stated) return undefined;
    const rights = this.current;
    if (!rights) return undefined;
    return (topic, qos, retain) => {
      const may = rights.mayPublish(topic, qos, retain);
      if (!may) this.#denials.denied(action, channel);
      return may;
    };
  }

  mayReceive(topic: string): boolean {
    return this.current?.mayReceive(topic) ?? true;
  }

  /** What a client is told that has no right. */
  refusal(action: ChannelAction, channel: string): Fault {
    this.#denials.denied(action, channel);
    return new Fault(errors.permissionDenied, `no right to ${wordOf[action]} ${quote(channel)}`);
  }

  #ask(): void {
    const { changes, gate } = this.#context;
    this.#asked = changes.rights;
    this.#version++;
    this.#rights = gate.rightsOf(this.#principal, NO_CLIENT);
  }

  /** What rules or tokens say of the channel itself. A denial by rule goes before all else. */
  #stated(channel: string, action: ChannelAction, features: Features, granted: boolean): boolean | undefined {
    if (this.#principal.unrestricted) return true;
    const byRights = this.current?.channel(channel, action);
    if (byRights !== undefined) return byRights;
    return granted || features.access?.(action, this.#principal.user);
  }

  #viewOfTopics(channel: string): View {
    const rights = this.current;
    if (!rights) return "whole";
    const readable = this.#context.channels.topics(channel).map((filter) => rights.readable(filter));
    if (!readable.some(Boolean)) return "none";
    return readable.every((one) => one?.whole) ? "whole" : "part";
  }
}

const wordOf: Readonly<Record<ChannelAction, string>> = {
  subscribe: "subscribe to",
  publish: "publish to",
  presence: "see who is in",
  history: "read the history of",
  rpc: "send requests to",
};
