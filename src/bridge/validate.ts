import { topicFilterFault, topicNameFault } from "../mqtt/topics.js";
import { ChannelPattern } from "./channel-pattern.js";
import { MQTT_PREFIX } from "./mqtt-family.js";
import type { Rule } from "./options.js";
import { overlap } from "./overlap.js";
import { braceFault, type Piece } from "./pieces.js";
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
  return faults;
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

/** What holds for captures in channels and topics alike. */
function captureFault(pieces: readonly Piece[], captures: readonly string[]): string | undefined {
  const twice = captures.find((name, i) => captures.indexOf(name) !== i);
  if (twice !== undefined) return `{${twice}} stands in it twice; use each capture once`;
  const early = pieces.findIndex((piece) => piece.kind === "capture" && piece.rest);
  if (early !== -1 && early !== pieces.length - 1) return "a capture with ... must be the last part";
  return undefined;
}

function templateFault(topic: string, pattern: ChannelPattern): string | undefined {
  const { pieces, captures } = new TopicTemplate(topic);
  const fault = braceFault(pieces) ?? captureFault(pieces, captures) ?? levelFault(topic);
  if (fault) return fault;
  const missing = pattern.captures.find((name) => !captures.includes(name));
  if (missing !== undefined)
    return `it does not hold {${missing}}, so it cannot be told which channel a topic belongs to; add it, or take it out of the channel`;
  const unknown = captures.find((name) => !pattern.captures.includes(name));
  if (unknown !== undefined)
    return `{${unknown}} is not in the channel's name; add it there, or write + for any level`;
  return kindFault(pieces, pattern);
}

function levelFault(topic: string): string | undefined {
  const partial = topic.split("/").find((level) => level.includes("{") && !/^\{[^{}]*\}$/.test(level));
  return partial === undefined
    ? undefined
    : `a capture must be a whole level, unlike ${JSON.stringify(partial)}`;
}

/** A capture has to be of one kind, or what the one side makes could not be read by the other. */
function kindFault(pieces: readonly Piece[], pattern: ChannelPattern): string | undefined {
  const rest = new Set(
    pattern.pieces.flatMap((piece) => (piece.kind === "capture" && piece.rest ? [piece.name] : [])),
  );
  const odd = pieces.find((piece) => piece.kind === "capture" && piece.rest !== rest.has(piece.name));
  if (odd?.kind !== "capture") return undefined;
  return `{${odd.name}} is one level on one side and {${odd.name}...} the rest on the other; write both the same way`;
}

function publishFault(topic: string, pattern: ChannelPattern): string | undefined {
  const fault = templateFault(topic, pattern);
  if (fault) return fault;
  const { pieces } = new TopicTemplate(topic);
  const sample = pieces.map((piece) => (piece.kind === "text" ? piece.text : "x")).join("");
  return topicNameFault(sample);
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
