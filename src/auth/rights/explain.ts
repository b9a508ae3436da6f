import type { ChannelAction, Rights } from "../../access/rights.js";
import { topicMatches } from "../../mqtt/topics.js";
import type { Captures } from "./name-pattern.js";
import { actionBits, publishBit, receiveBit } from "./permission.js";
import type { Rule } from "./rule.js";
import { everything, filtersMeet, type Names, writtenFilter, writtenText } from "./written-filter.js";

export type Question =
  | { readonly kind: "publish"; readonly topic: string; readonly qos: number; readonly retain: boolean }
  | { readonly kind: "receive"; readonly topic: string }
  | { readonly kind: "subscribe"; readonly filter: string }
  | { readonly kind: "channel"; readonly name: string; readonly action: ChannelAction };

/** Why something is allowed or not. */
export interface Reason {
  /** Undefined when nothing is said of the channel, so that the rights to its topics decide. */
  readonly allowed: boolean | undefined;
  /** Where the rules that decide are written. Those that deny come first; with none, nothing allows it. */
  readonly rules: readonly { readonly origin: string; readonly deny: boolean }[];
  /** Of a subscription: the highest QoS. */
  readonly qos?: number;
  /** Of a subscription: false when some of what the filter matches is not received. */
  readonly whole?: boolean;
}

export interface AppliedRule {
  readonly rule: Rule;
  readonly captures: Captures;
}

interface Asked {
  readonly user: string;
  readonly clientId: string;
  readonly question: Question;
}

/** The verdict of the rights, and the rules that say something of what is asked for. */
export function explain(rights: Rights, applied: readonly AppliedRule[], asked: Asked): Reason {
  const { question } = asked;
  const found = applied.filter(({ rule, captures }) => speaksOf(rule, { ...asked, captures }, question));
  const denying = found.filter(({ rule }) => rule.deny);
  const allowing = found.filter(({ rule }) => !rule.deny);
  const verdict = verdictOf(rights, question);
  const deciding = verdict.allowed ? [...denying, ...allowing] : denying.length > 0 ? denying : [];
  return { ...verdict, rules: deciding.map(({ rule: { origin, deny } }) => ({ origin, deny })) };
}

function verdictOf(rights: Rights, question: Question): Omit<Reason, "rules"> {
  switch (question.kind) {
    case "publish":
      return { allowed: rights.mayPublish(question.topic, question.qos, question.retain) };
    case "receive":
      return { allowed: rights.mayReceive(question.topic) };
    case "channel":
      return { allowed: rights.channel(question.name, question.action) };
    case "subscribe": {
      const readable = rights.readable(question.filter);
      return readable ? { allowed: true, qos: readable.qos, whole: readable.whole } : { allowed: false };
    }
  }
}

function speaksOf(rule: Rule, names: Names, question: Question): boolean {
  if (!rule.deny && rule.who.plainNames && /[+#]/.test(names.user + names.clientId)) return false;
  if (question.kind === "channel") return speaksOfChannel(rule, names, question);
  const bit = question.kind === "publish" ? publishBit(question.qos, question.retain) : receiveBit(0);
  // A denial of a higher QoS lowers a subscription.
  const lowers = question.kind === "subscribe" && rule.deny && rule.permissions & receiveBit(2);
  if (!(rule.permissions & bit) && !lowers) return false;
  return rule.topics.some((levels) => {
    const filter = writtenFilter(levels, rule.deny, names);
    if (filter === undefined || filter === everything) return filter === everything;
    return question.kind === "subscribe"
      ? filtersMeet(filter, question.filter)
      : topicMatches(filter, question.topic);
  });
}

function speaksOfChannel(
  rule: Rule,
  names: Names,
  { name: channel, action }: Question & { readonly kind: "channel" },
): boolean {
  if (!(rule.actions & actionBits([action]))) return false;
  return rule.channels.some(({ name, open }) => {
    const text = writtenText(name, names);
    if (text === null) return rule.deny;
    return text !== undefined && (open ? channel.startsWith(text) : channel === text);
  });
}
