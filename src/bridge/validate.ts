import { topicFilterFault } from "../mqtt/topics.js";
import { ChannelPattern } from "./channel-pattern.js";
import { MQTT_PREFIX } from "./mqtt-family.js";
import type { Rule } from "./options.js";
import { overlap } from "./overlap.js";
import { limitFaults } from "./payload-check.js";
import { braceFault, type Piece } from "./pieces.js";
import { requestFaults } from "./request-fault.js";
import { captureFault, publishFault, templateFault } from "./template-fault.js";
import { TopicTemplate } from "./topic-template.js";

/** A mistake in the rules; `path` is that of the configuration's key. */
export interface RuleFault {
  readonly path: string;
  readonly message: string;
}

const MAX_CHANNEL = 255;
/** Every name of the built-in family: its prefix and anything. */
const MQTT_FAMILY: readonly Piece[] = [
  { kind: "text", text: MQTT_PREFIX },
  { kind: "capture", name: "filter", rest: true },
];

/** Everything that is wrong with the rules. `mqttChannels` tells whether the built-in family is served beside them. */
export function validateRules(
  rules: readonly Rule[],
  { mqttChannels = true }: { readonly mqttChannels?: boolean } = {},
): RuleFault[] {
  const faults = rules.flatMap(ruleFaults);
  if (faults.length > 0) return faults; // what rules have in common is only known of rules that are right
  return [...(mqttChannels ? reservedFaults(rules) : []), ...ambiguityFaults(rules)];
}

function pathOf(index: number): string {
  return `bridge.channels[${index}]`;
}

function ruleFaults(rule: Rule, index: number): RuleFault[] {
  const path = pathOf(index);
  const about = `channel ${JSON.stringify(rule.channel)}`;
  const pattern = new ChannelPattern(rule.channel);
  const channelFault = patternFault(pattern);
  if (channelFault) return [{ path: `${path}.channel`, message: `${about}: ${channelFault}` }];
  const faults: RuleFault[] = [];
  for (const [i, topic] of rule.topics.entries()) {
    const fault = templateFault(topic, pattern) ?? topicFilterFault(new TopicTemplate(topic).wildcard);
    if (fault)
      faults.push({
        path: `${path}.topics[${i}]`,
        message: `${about}: topic ${JSON.stringify(topic)}: ${fault}`,
      });
  }
  if (rule.publish) {
    const { topic } = rule.publish;
    const fault = publishFault(topic, pattern);
    if (fault)
      faults.push({
        path: `${path}.publish.topic`,
        message: `${about}: publish topic ${JSON.stringify(topic)}: ${fault}`,
      });
  }
  const more = [
    ...limitFaults("publish", rule.publish),
    ...limitFaults("request", rule.request),
    ...requestFaults(rule.request, pattern),
  ];
  return [
    ...faults,
    ...more.map(({ path: key, message }) => ({ path: `${path}.${key}`, message: `${about}: ${message}` })),
  ];
}

function patternFault({ text, pieces, captures }: ChannelPattern): string | undefined {
  if (text.length > MAX_CHANNEL) return `a channel name must not be longer than ${MAX_CHANNEL} characters`;
  const fault = braceFault(pieces) ?? captureFault(pieces, captures);
  if (fault) return fault;
  const adjacent = pieces.findIndex(
    (piece, i) => piece.kind === "capture" && pieces[i + 1]?.kind === "capture",
  );
  return adjacent === -1
    ? undefined
    : "two captures in a row cannot be told apart; put a text such as : between them";
}

function reservedFaults(rules: readonly Rule[]): RuleFault[] {
  return rules.flatMap(({ channel }, index): RuleFault[] => {
    if (!overlap(new ChannelPattern(channel).pieces, MQTT_FAMILY) && !channel.startsWith(MQTT_PREFIX))
      return [];
    const message = `channel ${JSON.stringify(channel)}: names that begin with ${MQTT_PREFIX} belong to the built-in channels; choose another name, or set bridge.mqttChannels to false`;
    return [{ path: `${pathOf(index)}.channel`, message }];
  });
}

function ambiguityFaults(rules: readonly Rule[]): RuleFault[] {
  const faults: RuleFault[] = [];
  const patterns = rules.map(({ channel }) => new ChannelPattern(channel));
  for (const [index, pattern] of patterns.entries()) {
    const other = patterns.findIndex((earlier, i) => i < index && overlap(earlier.pieces, pattern.pieces));
    const earlier = patterns[other];
    if (earlier !== undefined)
      faults.push({ path: `${pathOf(index)}.channel`, message: ambiguity(pattern, earlier, pathOf(other)) });
  }
  return faults;
}

function ambiguity({ text }: ChannelPattern, earlier: ChannelPattern, earlierPath: string): string {
  const about = `channel ${JSON.stringify(text)}`;
  if (text === earlier.text)
    return `${about}: ${earlierPath} has the same channel; put the topics of both into one rule, or rename one`;
  return `${about}: some channel names match both it and ${JSON.stringify(earlier.text)} (${earlierPath}); rename one so that no name fits both`;
}
