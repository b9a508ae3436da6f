import { topicsOfChannel } from "./mqtt-channels.js";
import { NamePattern } from "./name-pattern.js";
import type { RuleOptions } from "./options.js";
import { actionBits, permissionsOf } from "./permission.js";
import type { ChannelName, Rule } from "./rule.js";
import { everyVariable, parseTemplate, type Syntax, type Template } from "./template.js";
import type { Who } from "./who.js";

/** Makes rules of those of the configuration, which must be without faults. */
export class ConfiguredRules {
  /** Rules for the same are to have the same `who`: they are looked for together. */
  readonly #known = new Map<string, Who>();

  rule(options: RuleOptions, origin: string): Rule {
    const { allow, deny, topics = [], channels = [], qos, retain } = options;
    const actions = allow ?? deny ?? [];
    const filters = channels.flatMap((name) => topicsOfChannel(name) ?? []);
    return {
      origin,
      deny: deny !== undefined,
      who: this.#who(options),
      permissions: permissionsOf({ deny: deny !== undefined, actions, qos, retain }),
      topics: [...topics, ...filters].map((filter) => filterLevels(filter, everyVariable)),
      actions: actionBits(actions),
      channels: channels.map((name) => channelName(name, everyVariable)),
    };
  }

  #who({ users, clients, anonymous }: RuleOptions): Who {
    const key = JSON.stringify([users, clients, anonymous]);
    let who = this.#known.get(key);
    if (!who) {
      who = { named: true, anonymous, users: patternsOf(users), clients: patternsOf(clients) };
      this.#known.set(key, who);
    }
    return who;
  }
}

export function filterLevels(filter: string, syntax: Syntax): readonly Template[] {
  return filter.split("/").map((level) => parseTemplate(level, syntax));
}

export function channelName(name: string, syntax: Syntax): ChannelName {
  const open = name.endsWith("*");
  return { name: parseTemplate(open ? name.slice(0, -1) : name, syntax), open };
}

function patternsOf(texts: readonly string[] | undefined): readonly NamePattern[] | undefined {
  return texts?.map((text) => NamePattern.parse(text));
}
