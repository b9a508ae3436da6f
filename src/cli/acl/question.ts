import { type ChannelAction, channelActions } from "../../access/rights.js";
import type { Question } from "../../auth/rights/explain.js";
import { topicsOfChannel } from "../../auth/rights/mqtt-channels.js";
import { reservedFault, topicFilterFault, topicNameFault } from "../../mqtt/topics.js";
import { UsageError } from "../command.js";

export interface Asked {
  readonly action: string;
  readonly target: string;
  readonly channel: boolean;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** What the command line asks for: the first that rules decide. A text is the answer already: nobody may do that. */
export function questionsOf({ action, target, channel, qos, retain }: Asked): readonly Question[] | string {
  if (channel) return channelQuestion(action, target);
  switch (action) {
    case "publish":
      refuse(topicNameFault(target), target);
      return reservedFault(target) ?? [{ kind: "publish", topic: target, qos, retain }];
    case "receive":
      refuse(topicNameFault(target), target);
      return [{ kind: "receive", topic: target }];
    case "subscribe": {
      const filter = target.replace(/^\$share\/[^/]*\//, "");
      refuse(topicFilterFault(filter), target);
      return [{ kind: "subscribe", filter }];
    }
    default:
      throw new UsageError(
        `acl test: ${JSON.stringify(action)} is none of publish, subscribe, receive; presence, history and rpc need --channel`,
      );
  }
}

function channelQuestion(action: string, name: string): readonly Question[] {
  if (!isChannelAction(action))
    throw new UsageError(`acl test: ${JSON.stringify(action)} is none of ${channelActions.join(", ")}`);
  const filter = topicsOfChannel(name);
  const question = { kind: "channel", name, action } as const;
  if (filter === undefined || action !== "subscribe") return [question];
  refuse(topicFilterFault(filter), name);
  return [question, { kind: "subscribe", filter }];
}

function isChannelAction(action: string): action is ChannelAction {
  return (channelActions as readonly string[]).includes(action);
}

function refuse(fault: string | undefined, text: string): void {
  if (fault) throw new UsageError(`acl test: ${JSON.stringify(text)}: ${fault}`);
}
