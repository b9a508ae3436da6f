import { reservedFault, topicNameFault } from "../mqtt/topics.js";
import type { ChannelPattern } from "./channel-pattern.js";
import { braceFault, type Piece } from "./pieces.js";
import { TopicTemplate } from "./topic-template.js";

/** What holds for captures in channels and topics alike. */
export function captureFault(pieces: readonly Piece[], captures: readonly string[]): string | undefined {
  const twice = captures.find((name, i) => captures.indexOf(name) !== i);
  if (twice !== undefined) return `{${twice}} stands in it twice; use each capture once`;
  const early = pieces.findIndex((piece) => piece.kind === "capture" && piece.rest);
  if (early !== -1 && early !== pieces.length - 1) return "a capture with ... must be the last part";
  return undefined;
}

/** Why no topics can be made with the template, whatever its captures are. */
export function shapeFault({ text, pieces, captures }: TopicTemplate): string | undefined {
  return braceFault(pieces) ?? captureFault(pieces, captures) ?? levelFault(text);
}

/** What is wrong with a topic that feeds the channels of a pattern. */
export function templateFault(topic: string, pattern: ChannelPattern): string | undefined {
  const template = new TopicTemplate(topic);
  const { pieces, captures } = template;
  const fault = shapeFault(template);
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
export function kindFault(pieces: readonly Piece[], pattern: ChannelPattern): string | undefined {
  const rest = new Set(
    pattern.pieces.flatMap((piece) => (piece.kind === "capture" && piece.rest ? [piece.name] : [])),
  );
  const odd = pieces.find((piece) => piece.kind === "capture" && piece.rest !== rest.has(piece.name));
  if (odd?.kind !== "capture") return undefined;
  return `{${odd.name}} is one level on one side and {${odd.name}...} the rest on the other; write both the same way`;
}

/** What is wrong with a topic that is published to for the channels of a pattern. */
export function publishFault(topic: string, pattern: ChannelPattern): string | undefined {
  return templateFault(topic, pattern) ?? nameFault(new TopicTemplate(topic));
}

/** Why what the template makes cannot be published to. */
export function nameFault({ pieces }: TopicTemplate): string | undefined {
  const sample = pieces.map((piece) => (piece.kind === "text" ? piece.text : "x")).join("");
  return topicNameFault(sample) ?? reservedFault(sample);
}
