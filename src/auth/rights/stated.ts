import type { ChannelAction, StatedRights } from "../../access/rights.js";
import { channelName, filterLevels } from "./configured.js";
import { topicsOfChannel } from "./mqtt-channels.js";
import { actionBits, permissionsOf } from "./permission.js";
import type { Rule } from "./rule.js";
import { filterFault } from "./rule-faults.js";
import { percentOnly, plainText, type Syntax } from "./template.js";

const anybody = { named: true, anonymous: true };

/** What a credential states, as rules. A filter that is none allows nothing. */
export function statedRules({ publish, subscribe, channels }: StatedRights): Rule[] {
  return [
    topicRule(publish, ["publish"], percentOnly),
    topicRule(subscribe, ["subscribe"], percentOnly),
    ...[...channels].map(([name, actions]) => channelRule(name, [...actions])),
  ];
}

function topicRule(filters: readonly string[], actions: readonly ChannelAction[], syntax: Syntax): Rule {
  return {
    origin: "the credential",
    deny: false,
    who: anybody,
    permissions: permissionsOf({ deny: false, actions }),
    topics: filters
      .filter((filter) => filterFault(filter) === undefined)
      .map((filter) => filterLevels(filter, syntax)),
    actions: 0,
    channels: [],
  };
}

function channelRule(name: string, actions: readonly ChannelAction[]): Rule {
  const filter = topicsOfChannel(name);
  return {
    ...topicRule(filter === undefined ? [] : [filter], actions, plainText),
    actions: actionBits(actions),
    channels: [channelName(name, plainText)],
  };
}
