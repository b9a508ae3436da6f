import { topicFilterFault } from "../../mqtt/topics.js";
import { topicsOfChannel } from "./mqtt-channels.js";
import { NamePattern, namePatternFault } from "./name-pattern.js";
import type { RuleOptions, ScopeOptions } from "./options.js";
import { capturesIn } from "./template.js";
import { capturedBy } from "./who.js";

/** What is wrong, and in which part of a rule. */
export interface RuleFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What does not go together in a rule whose parts are each well formed. */
export function ruleFaults(rule: RuleOptions): RuleFault[] {
  const patterns = [...patternFaults("users", rule.users), ...patternFaults("clients", rule.clients)];
  return [...shapeFaults(rule), ...patterns, ...(patterns.length === 0 ? targetFaults(rule) : [])];
}

export function scopeFaults({ users }: ScopeOptions): RuleFault[] {
  return patternFaults("users", users);
}

function shapeFaults(rule: RuleOptions): RuleFault[] {
  const { allow, deny, topics, channels, users, anonymous, qos, retain } = rule;
  const actions = allow ?? deny ?? [];
  const filters = [...(topics ?? []), ...(channels ?? []).flatMap((name) => topicsOfChannel(name) ?? [])];
  const ofChannels = actions.filter((action) => action !== "publish" && action !== "subscribe");
  const faults: [at: string, isFault: boolean, message: string][] = [
    ["", (allow === undefined) === (deny === undefined), "a rule has either allow or deny"],
    ["", !topics && !channels, "a rule needs topics, channels or both"],
    [
      allow ? "allow" : "deny",
      !channels && ofChannels.length > 0,
      `${ofChannels.join(", ")}: only in channels, and the rule names none`,
    ],
    [
      "anonymous",
      anonymous && users !== undefined,
      "clients without credentials have no name; leave out users",
    ],
    ["qos", qos !== undefined && filters.length === 0, "only topics have a QoS, and the rule names none"],
    [
      "retain",
      retain !== undefined && (filters.length === 0 || !actions.includes("publish")),
      "only for a rule about publishing to topics",
    ],
  ];
  return faults.flatMap(([at, isFault, message]) =>
    isFault ? [{ path: at === "" ? [] : [at], message }] : [],
  );
}

function patternFaults(key: string, patterns: readonly string[] = []): RuleFault[] {
  return patterns.flatMap((pattern, index) => faultAt([key, index], pattern, namePatternFault(pattern)));
}

function targetFaults({ topics = [], channels = [], users, clients }: RuleOptions): RuleFault[] {
  const captured = new Set(
    capturedBy({
      named: true,
      anonymous: false,
      users: users?.map((pattern) => NamePattern.parse(pattern)),
      clients: clients?.map((pattern) => NamePattern.parse(pattern)),
    }),
  );
  const captureFault = (text: string) => {
    const unknown = capturesIn(text).find((name) => !captured.has(name));
    return unknown === undefined
      ? undefined
      : `{${unknown}} is captured neither by every pattern of users nor by every one of clients`;
  };
  return [
    ...topics.flatMap((filter, index) =>
      faultAt(["topics", index], filter, filterFault(filter) ?? captureFault(filter)),
    ),
    ...channels.flatMap((name, index) =>
      faultAt(["channels", index], name, channelFault(name) ?? captureFault(name)),
    ),
  ];
}

/** Why there can be no rights to a topic filter. */
export function filterFault(filter: string): string | undefined {
  if (filter.startsWith("$share/")) return "rights are to topics; leave out $share/GROUP/";
  return topicFilterFault(filter);
}

function channelFault(name: string): string | undefined {
  const filter = topicsOfChannel(name);
  if (filter?.includes("*")) return "* must be the whole last level of a channel mqtt:FILTER";
  if (filter !== undefined) return filterFault(filter);
  return name.slice(0, -1).includes("*") ? "* must be at the end" : undefined;
}

function faultAt(path: RuleFault["path"], text: string, fault: string | undefined): RuleFault[] {
  return fault === undefined ? [] : [{ path, message: `${JSON.stringify(text)}: ${fault}` }];
}
