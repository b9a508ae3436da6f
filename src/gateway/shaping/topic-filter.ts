import { levelsMatch, topicFilterFault, topicNameFault } from "../../mqtt/topics.js";
import { errors } from "../codes.js";
import { quote } from "../command.js";
import { Fault } from "../fault.js";
import type { Condition } from "./filter.js";

/** Filters in one subscription. */
const MOST = 100;

/** Whether a topic matches one of the topic filters. @throws {Fault} which names the one that is wrong. */
export function matchesTopics(filters: unknown): Condition {
  const wanted = listOf(filters, "subscribe.data.topics", topicFilterFault);
  const taken = wanted.map((filter) => filter.split("/"));
  return conditionOf("topics", wanted, (topic) => {
    const levels = topic.split("/");
    return taken.some((filter) => levelsMatch(filter, levels));
  });
}

/** Whether the last levels of a topic are one of these. @throws {Fault} */
export function endsWithTail(tails: unknown): Condition {
  const wanted = listOf(tails, "subscribe.data.topicTail", topicNameFault);
  const ends = wanted.map((tail) => `/${tail}`);
  return conditionOf(
    "topicTail",
    wanted,
    (topic) => wanted.includes(topic) || ends.some((end) => topic.endsWith(end)),
  );
}

function conditionOf(kind: string, wanted: readonly string[], holds: (topic: string) => boolean): Condition {
  return { text: JSON.stringify([kind, wanted]), holds: ({ topic }) => holds(topic), readsEncoding: false };
}

function listOf(value: unknown, path: string, faultOf: (text: string) => string | undefined): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > MOST)
    throw new Fault(errors.badRequest, `${path} must be a string or a list of 1 to ${MOST}`);
  return list.map((text, index) => {
    const place = Array.isArray(value) ? `${path}[${index}]` : path;
    if (typeof text !== "string") throw new Fault(errors.badRequest, `${place} must be a string`);
    const fault = faultOf(text);
    if (fault) throw new Fault(errors.badRequest, `${place} ${quote(text)}: ${fault}`);
    return text;
  });
}
