import type { ChannelAction, Rights } from "../../access/rights.js";
import { ApiError } from "./error.js";

/*
 * What callers may do to whom the rules of topics and channels apply. Without rights they may do everything.
 */

/** What is known of channels by their rules. */
export interface Described {
  /** Throws when no rule makes the channel. */
  describe(channel: string): {
    /** The filters that feed it. */
    readonly topics: readonly string[];
    /** The message that a publication becomes; absent when nobody may publish. */
    readonly publish?: { readonly topic: string; readonly qos: number; readonly retain: boolean } | undefined;
  };
}

/** Throws unless a message may be published. */
export function checkPublish(
  rights: Rights | undefined,
  { topic, qos, retain }: { readonly topic: string; readonly qos: number; readonly retain: boolean },
): void {
  if (rights && !rights.mayPublish(topic, qos, retain)) throw denied(`publish to topic ${quote(topic)}`);
}

/** Throws unless something may be published on a channel. Where nothing is said of channels, the message that comes of it counts. */
export function checkChannelPublish(rights: Rights | undefined, channels: Described, channel: string): void {
  if (!rights) return;
  const said = rights.channel(channel, "publish");
  if (said === false) throw denied(`publish to channel ${quote(channel)}`);
  if (said === true) return;
  // A channel that is read-only says so itself.
  const { publish } = channels.describe(channel);
  if (publish) checkPublish(rights, publish);
}

/** Whether a channel may be looked into, by what is said of it or of the topics that feed it. */
export function mayRead(
  rights: Rights | undefined,
  channels: Described,
  channel: string,
  action: ChannelAction,
): boolean {
  if (!rights) return true;
  const said = rights.channel(channel, action);
  if (said !== undefined) return said;
  return channels.describe(channel).topics.some((filter) => rights.readable(filter) !== undefined);
}

export function checkRead(
  rights: Rights | undefined,
  channels: Described,
  channel: string,
  action: ChannelAction,
): void {
  if (!mayRead(rights, channels, channel, action)) throw denied(`${VERBS[action]} channel ${quote(channel)}`);
}

/**
 * Throws unless all of a channel may be looked into: whoever chooses it for sessions, its own among them, gives them what the rules of
 * their user would not.
 */
export function checkGrant(rights: Rights | undefined, channels: Described, channel: string): void {
  if (!rights) return;
  const said = rights.channel(channel, "subscribe");
  const isWhole = () => channels.describe(channel).topics.every((filter) => rights.readable(filter)?.whole);
  if (!(said ?? isWhole())) throw denied(`subscribe anybody to channel ${quote(channel)}`);
}

const VERBS: Readonly<Record<ChannelAction, string>> = {
  subscribe: "look into",
  publish: "publish to",
  presence: "see who is in",
  history: "see the history of",
  rpc: "send requests to",
};

function denied(what: string): ApiError {
  return new ApiError(403, `the rules do not allow the caller to ${what}`);
}

function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name);
}
