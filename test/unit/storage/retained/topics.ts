import { topicKey } from "../../../../src/storage/level/retained/topic-key.js";

export const LEVELS = ["", "a", "a!", "a b", "a\u0001", "b", "$x", "ü", "\u{1f600}", "\uffff"];

/** All lists of one to `depth` levels. */
export function upTo(depth: number, names: readonly string[] = LEVELS): string[][] {
  if (depth === 0) return [];
  const shorter = upTo(depth - 1, names);
  const longest = shorter.filter((levels) => levels.length === depth - 1);
  const starts = depth === 1 ? [[]] : longest;
  const grown = starts.flatMap((levels) => names.map((name) => [...levels, name]));
  return [...shorter, ...grown];
}

export const TOPICS = upTo(3).map((levels) => levels.join("/"));
export const SORTED_KEYS = TOPICS.map((topic) => topicKey(topic)).sort(Buffer.compare);
