import { topicFilterFault, topicMatches } from "../../src/mqtt/topics.js";

/** What the filter box asks for: which topics to show, and what is wrong with the text, if anything. */
export interface TopicMatch {
  readonly matches: (topic: string) => boolean;
  readonly fault?: string;
}

const everything: TopicMatch = { matches: () => true };

/** Reads the filter box: an MQTT topic filter where it has wildcards, else a part of the topic in any case. */
export function topicMatch(text: string): TopicMatch {
  const wanted = text.trim();
  if (wanted === "") return everything;
  if (!/[+#]/.test(wanted)) {
    const part = wanted.toLowerCase();
    return { matches: (topic) => topic.toLowerCase().includes(part) };
  }
  const fault = topicFilterFault(wanted);
  if (fault) return { matches: () => false, fault };
  return { matches: (topic) => topicMatches(wanted, topic) };
}
