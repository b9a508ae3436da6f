import { Denied } from "../../access/denied.js";
import { type ChannelAction, channelActions, type StatedRights } from "../../access/rights.js";
import { MAX_CHANNEL_NAME } from "../../gateway/channel-name.js";
import { topicFilterFault } from "../../mqtt/topics.js";

/** A token that came over the network is not to cost more to judge than a small file of rules. */
const MAX_FILTERS = 100;
const MAX_FILTER = 1024;
const MAX_CHANNELS = 128;
const MEMBERS = ["publish", "subscribe", "channels"];

/** The claim `rights`: `{publish: [FILTER], subscribe: [FILTER], channels: {NAME: [ACTION]}}`. */
export function statedRights(value: unknown): StatedRights {
  const rights = mapOf(value, '"rights"');
  const unknown = [...rights.keys()].find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw refused(`"rights" may hold ${MEMBERS.join(", ")} and nothing else`);
  return {
    publish: filtersOf(rights.get("publish"), '"rights.publish"'),
    subscribe: filtersOf(rights.get("subscribe"), '"rights.subscribe"'),
    channels: channelsOf(rights.get("channels") ?? {}),
  };
}

function filtersOf(value: unknown = [], what: string): readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_FILTERS)
    throw refused(`${what} is not a list of at most ${MAX_FILTERS} topic filters`);
  return value.map((filter: unknown) => {
    if (typeof filter === "string" && filter.length <= MAX_FILTER && topicFilterFault(filter) === undefined)
      return filter;
    throw refused(`${what} holds what is no topic filter of at most ${MAX_FILTER} characters`);
  });
}

function channelsOf(value: unknown): ReadonlyMap<string, ReadonlySet<ChannelAction>> {
  const channels = mapOf(value, '"rights.channels"');
  if (channels.size > MAX_CHANNELS)
    throw refused(`"rights.channels" holds more than ${MAX_CHANNELS} channels`);
  return new Map(
    [...channels].map(([name, actions]) => {
      if (name === "" || name.length > MAX_CHANNEL_NAME)
        throw refused('"rights.channels" holds what is no name of a channel');
      if (Array.isArray(actions) && actions.every(isAction)) return [name, new Set(actions)];
      throw refused(`"rights.channels" holds other actions than ${channelActions.join(", ")}`);
    }),
  );
}

function mapOf(value: unknown, what: string): ReadonlyMap<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value));
  throw refused(`${what} is not a JSON object`);
}

function isAction(value: unknown): value is ChannelAction {
  return channelActions.some((action) => action === value);
}

function refused(reason: string): Denied {
  return new Denied("credentials", reason);
}
