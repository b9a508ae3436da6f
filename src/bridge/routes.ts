import { unknownChannel } from "../gateway/channel-name.js";
import { errors } from "../gateway/codes.js";
import { quote } from "../gateway/command.js";
import { Fault } from "../gateway/fault.js";
import { topicFilterFault, topicMatches, topicNameFault } from "../mqtt/topics.js";
import { ChannelRule } from "./channel-rule.js";
import { filterOfMqttChannel } from "./mqtt-family.js";
import type { Rule } from "./options.js";
import { PayloadCheck } from "./payload-check.js";
import type { Captures } from "./pieces.js";

/** The MQTT message that a publication becomes. */
export interface Target {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** What the data has to pass. */
  readonly check: PayloadCheck;
}

/** Where a channel's publications come from and go to. */
export interface Route {
  readonly filters: readonly string[];
  readonly snapshot: boolean;
  /** The rule that makes it; none for the built-in family. */
  readonly rule: ChannelRule | undefined;
  /** What the channel's name has where the rule has captures. */
  readonly captures: Captures;
  /** Where what clients publish goes, or why it goes nowhere. */
  readonly target: Target | Fault;
}

const NO_CAPTURES: Captures = new Map();
const ANYTHING = new PayloadCheck();

/** From channel names to routes. */
export class Routes {
  readonly rules: readonly ChannelRule[];
  readonly #exact = new Map<string, ChannelRule>();
  readonly #families: readonly ChannelRule[];
  readonly #mqttChannels: boolean;
  readonly #requests: readonly string[];

  constructor(rules: readonly Rule[], mqttChannels: boolean) {
    this.rules = rules.map((rule) => new ChannelRule(rule));
    this.#families = this.rules.filter(({ pattern }) => pattern.isFamily);
    for (const rule of this.rules) if (!rule.pattern.isFamily) this.#exact.set(rule.pattern.text, rule);
    this.#mqttChannels = mqttChannels;
    this.#requests = this.rules.flatMap(({ request }) => request?.wildcards ?? []);
  }

  /** Whether the topic is that of a request or of an answer. No other message will ever have it. */
  isOfRequest(topic: string): boolean {
    return this.#requests.some((filter) => topicMatches(filter, topic));
  }

  /** The route of a channel, or why there is no such channel. */
  find(channel: string): Route | Fault {
    const exact = this.#exact.get(channel);
    if (exact) return ruleRoute(channel, exact, NO_CAPTURES);
    const filter = this.#mqttChannels ? filterOfMqttChannel(channel) : undefined;
    if (filter !== undefined) return mqttRoute(channel, filter);
    for (const rule of this.#families) {
      const captures = rule.pattern.match(channel);
      if (captures) return ruleRoute(channel, rule, captures);
    }
    return unknownChannel(channel);
  }
}

function ruleRoute(channel: string, rule: ChannelRule, captures: Captures): Route | Fault {
  const filters = rule.filters(captures);
  if (!filters || filters.some(topicFilterFault)) return unknownChannel(channel);
  const target = ruleTarget(channel, rule, captures);
  return { filters, snapshot: rule.rule.snapshot, rule, captures, target };
}

function ruleTarget(
  channel: string,
  { rule, publishTopic, publishCheck }: ChannelRule,
  captures: Captures,
): Target | Fault {
  if (!rule.publish || !publishTopic)
    return new Fault(
      errors.permissionDenied,
      `channel ${quote(channel)} is read-only: its rule has no publish`,
    );
  const topic = publishTopic.fill(captures);
  if (topic === undefined || topicNameFault(topic))
    return new Fault(
      errors.permissionDenied,
      `channel ${quote(channel)} stands for no topic that can be published to`,
    );
  return { topic, qos: rule.publish.qos, retain: rule.publish.retain, check: publishCheck };
}

function mqttRoute(channel: string, filter: string): Route | Fault {
  const fault = topicFilterFault(filter);
  if (fault) return new Fault(errors.unknownChannel, `${quote(channel)} is no topic filter: ${fault}`);
  const target = mqttTarget(channel, filter);
  return { filters: [filter], snapshot: true, rule: undefined, captures: NO_CAPTURES, target };
}

function mqttTarget(channel: string, topic: string): Target | Fault {
  if (topicNameFault(topic))
    return new Fault(
      errors.badRequest,
      `${quote(channel)} holds a wildcard; publish to one topic, as mqtt:sensors/kitchen`,
    );
  if (topic.startsWith("$"))
    return new Fault(
      errors.permissionDenied,
      `${quote(channel)}: topics that begin with $ are the server's own`,
    );
  // An acknowledged publication is one that reaches those who asked for reliable delivery.
  return { topic, qos: 1, retain: false, check: ANYTHING };
}
