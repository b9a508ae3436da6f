import type { Topic } from "./topics-store.js";

export type SortKey = "topic" | "rate" | "messages" | "age";

/** The topics to show, best first: all that match, in order. */
export function orderTopics(
  topics: Iterable<Topic>,
  matches: (topic: string) => boolean,
  sort: SortKey,
  now: number,
): Topic[] {
  const found: Topic[] = [];
  for (const topic of topics) if (matches(topic.name)) found.push(topic);
  if (sort === "topic") return found.sort(byName);
  const weights = new Map(found.map((topic) => [topic, weightFor(topic, sort, now)]));
  return found.sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0) || byName(a, b));
}

function weightFor(topic: Topic, sort: SortKey, now: number): number {
  if (sort === "rate") return topic.rate.perSecond(now);
  if (sort === "messages") return topic.count;
  // Whole seconds: topics that are equally alive keep their places.
  return Math.floor((topic.at ?? 0) / 1000);
}

/** By code unit, not by locale: it runs over thousands of names several times a second. */
function byName(a: Topic, b: Topic): number {
  if (a.sortKey !== b.sortKey) return a.sortKey < b.sortKey ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
