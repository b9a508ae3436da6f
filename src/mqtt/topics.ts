/*
 * Topic names and topic filters, MQTT 3.1.1 section 4.7. This file imports nothing and anyone may import it:
 * it states the specification's rules and holds no state.
 */

/** The most bytes that a UTF-8 string takes in a packet [MQTT-1.5.3]. */
const MAX_BYTES = 65_535;
/** Deeper topics are refused: they cost every router memory and serve nobody. */
export const MAX_LEVELS = 100;

/** Why `topic` cannot be published to, or undefined when it can [MQTT-3.3.2-2] [MQTT-4.7.3]. */
export function topicNameFault(topic: string): string | undefined {
  if (topic.includes("#") || topic.includes("+"))
    return "a topic name must not contain the wildcards # and +";
  return commonFault(topic);
}

/** Why clients must not publish to `topic`, or undefined when they may [MQTT-4.7.2-1]. */
export function reservedFault(topic: string): string | undefined {
  return topic.startsWith("$") ? "topics that begin with $ are reserved" : undefined;
}

/** Why `filter` cannot be subscribed to, or undefined when it can [MQTT-4.7.1-2] [MQTT-4.7.1-3]. */
export function topicFilterFault(filter: string): string | undefined {
  const levels = filter.split("/");
  for (const [index, level] of levels.entries()) {
    if (level.includes("#") && (level !== "#" || index !== levels.length - 1))
      return "# must be the whole last level of a topic filter";
    if (level.includes("+") && level !== "+") return "+ must be a whole level of a topic filter";
  }
  return commonFault(filter);
}

function commonFault(text: string): string | undefined {
  if (text.length === 0) return "a topic must not be empty"; // [MQTT-4.7.3-1]
  if (text.includes("\u0000")) return "a topic must not contain the character U+0000"; // [MQTT-4.7.3-2]
  // A char is at most three bytes of UTF-8, so short texts need no counting.
  if (text.length * 3 > MAX_BYTES && Buffer.byteLength(text) > MAX_BYTES)
    return `a topic must not be longer than ${MAX_BYTES} bytes`; // [MQTT-4.7.3-3]
  let levels = 1;
  for (let i = text.indexOf("/"); i !== -1; i = text.indexOf("/", i + 1)) levels++;
  if (levels > MAX_LEVELS) return `a topic must not have more than ${MAX_LEVELS} levels`;
  return undefined;
}

/** `FILTER` of `$share/GROUP/FILTER`, and any other filter itself: what a subscription is about. */
export function innerFilter(filter: string): string {
  return filter.startsWith("$share/") ? filter.replace(/^\$share\/[^/]*\//, "") : filter;
}

/** Whether a topic name matches a topic filter [MQTT-4.7]. Both must be valid. */
export function topicMatches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (filter === "#") return !topic.startsWith("$"); // [MQTT-4.7.2-1]
  return levelsMatch(filter.split("/"), topic.split("/"));
}

/** The same of a filter and a topic that have been taken apart into their levels. */
export function levelsMatch(wanted: readonly string[], levels: readonly string[]): boolean {
  // [MQTT-4.7.2-1]: a wildcard at the start does not match topics that begin with $.
  if (levels[0]?.startsWith("$") && (wanted[0] === "#" || wanted[0] === "+")) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true; // also the parent level [MQTT-4.7.1-2]
    if (index >= levels.length) return false;
    if (level !== "+" && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
