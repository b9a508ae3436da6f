import { MAX_CHANNEL_NAME } from "../gateway/channel-name.js";
import type { Features } from "../gateway/channels.js";
import { topicMatches } from "../mqtt/topics.js";
import { accessOf } from "./access-rule.js";
import { ChannelPattern } from "./channel-pattern.js";
import type { Rule } from "./options.js";
import { PayloadCheck } from "./payload-check.js";
import type { Captures } from "./pieces.js";
import { RequestRule } from "./request-rule.js";
import { TopicTemplate } from "./topic-template.js";

/** A rule, ready for use: from a channel name to topic filters, and from a topic to a channel name. */
export class ChannelRule {
  readonly pattern: ChannelPattern;
  readonly rule: Rule;
  /** What it grants subscribers. */
  readonly features: Features;
  readonly publishTopic: TopicTemplate | undefined;
  readonly publishCheck: PayloadCheck;
  readonly request: RequestRule | undefined;
  readonly #topics: readonly TopicTemplate[];

  constructor(rule: Rule) {
    this.rule = rule;
    const { presence = false, requireToken = false, maxRate, whenSlow = "close", delta = true } = rule;
    const access = rule.access && accessOf(rule.access);
    this.features = { presence, requireToken, access, maxRate, whenSlow, delta };
    this.pattern = new ChannelPattern(rule.channel);
    this.#topics = rule.topics.map((topic) => new TopicTemplate(topic));
    this.publishTopic = rule.publish && new TopicTemplate(rule.publish.topic);
    this.publishCheck = new PayloadCheck(rule.publish);
    this.request = rule.request && new RequestRule(rule.request);
  }

  /** Filters of everything that any channel of the rule is fed by. */
  get wildcards(): readonly string[] {
    return this.#topics.map(({ wildcard }) => wildcard);
  }

  /** Filters of the channel with these captures; undefined when one of them cannot be filled in. */
  filters(captures: Captures): readonly string[] | undefined {
    const filters: string[] = [];
    for (const template of this.#topics) {
      const filter = template.fill(captures);
      if (filter === undefined) return undefined;
      filters.push(filter);
    }
    return filters;
  }

  /**
   * The channel of a topic that came in for the wildcard at `index`, or undefined when it has none. A name that would be read back
   * as other captures is none.
   */
  nameOf(topic: string, index: number): string | undefined {
    const captures = this.#topics[index]?.match(topic);
    if (!captures) return undefined;
    const name = this.pattern.fill(captures);
    if (name.length > MAX_CHANNEL_NAME) return undefined;
    return sameCaptures(captures, this.pattern.match(name)) ? name : undefined;
  }

  /** Whether an earlier wildcard brings the topic to the same channel already. */
  isRepeated(topic: string, index: number, name: string): boolean {
    for (let earlier = 0; earlier < index; earlier++) {
      if (this.nameOf(topic, earlier) === name) return true;
    }
    return false;
  }
}

function sameCaptures(captures: Captures, other: Captures | undefined): boolean {
  if (!other) return false;
  for (const [name, value] of captures) if (other.get(name) !== value) return false;
  return true;
}

/** Tells for a topic that came in for the filter at `index` whether it is this one's, or an earlier one's too. */
export function firstMatch(filters: readonly string[]): (topic: string, index: number) => boolean {
  if (filters.length === 1) return () => true;
  return (topic, index) => {
    for (let earlier = 0; earlier < index; earlier++) {
      if (topicMatches(filters[earlier] as string, topic)) return false;
    }
    return true;
  };
}
