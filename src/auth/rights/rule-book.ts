import type { Layer } from "./layer.js";
import type { Captures, NamePattern } from "./name-pattern.js";
import type { Rule } from "./rule.js";
import { type Member, RuleSet } from "./rule-set.js";
import { fillable, type Value } from "./template.js";
import { capturedBy, readings, type Who } from "./who.js";

/** What `%u` and `%c` are among the values of every layer; captures follow. */
const OWN = ["%u", "%c"] as const;
/** Layers beyond are made one, so that what applies to somebody is quick to look through. */
const MOST_LAYERS = 4;
/** Of sets of several groups that are kept for the next who needs the same; then they are made anew. */
const MOST_JOINED = 1_000;

/** All rules for the same clients. */
interface Group {
  readonly id: number;
  readonly who: Who;
  readonly rules: Rule[];
  readonly captures: readonly string[];
  set?: RuleSet;
  denials?: RuleSet;
}

interface Match {
  readonly group: Group;
  readonly captures: Captures;
}

/** All rules, found by whom they are for. */
export class RuleBook {
  /** For everybody of a kind. */
  readonly #open: Group[] = [];
  readonly #byUser = new Map<string, Group[]>();
  readonly #byClient = new Map<string, Group[]>();
  readonly #byPattern: Group[] = [];
  readonly #joined = new Map<string, RuleSet>();

  constructor(rules: Iterable<Rule>) {
    const groups = new Map<Who, Group>();
    for (const rule of rules) {
      let group = groups.get(rule.who);
      if (!group) {
        const { who } = rule;
        group = { id: groups.size, who, rules: [], captures: capturedBy(who) };
        groups.set(who, group);
        this.#file(group);
      }
      group.rules.push(rule);
    }
  }

  /** What applies to somebody. */
  layersOf(user: string, clientId: string): Layer[] {
    const own = [fillable(user), fillable(clientId)];
    const open = this.#open.flatMap((group) => this.#matches(group, user, clientId));
    const closed = this.#closed(user, clientId);
    const plain = !/[+#]/.test(user + clientId);
    const layers = open.map((match) => layerOf(match, own, plain));
    if (closed.length <= MOST_LAYERS)
      return [...layers, ...closed.map((match) => layerOf(match, own, plain))];
    const values = [...own, ...closed.flatMap(captured)];
    return [...layers, { set: this.#join(closed), values }];
  }

  /** The rules that apply to somebody, and what they capture. */
  rulesFor(user: string, clientId: string): { readonly rule: Rule; readonly captures: Captures }[] {
    const matches = [
      ...this.#open.flatMap((group) => this.#matches(group, user, clientId)),
      ...this.#closed(user, clientId),
    ];
    return matches.flatMap(({ group, captures }) => group.rules.map((rule) => ({ rule, captures })));
  }

  #file(group: Group): void {
    const { users, clients } = group.who;
    if (!users && !clients) this.#open.push(group);
    else if (!fileUnder(this.#byUser, users, group) && !fileUnder(this.#byClient, clients, group))
      this.#byPattern.push(group);
  }

  #closed(user: string, clientId: string): Match[] {
    // What a group was found by is known to match, however many other names it is for.
    return [
      ...(this.#byUser.get(user) ?? []).flatMap((group) =>
        this.#matches(group, user, clientId, { ...group.who, users: undefined }),
      ),
      ...(this.#byClient.get(clientId) ?? []).flatMap((group) =>
        this.#matches(group, user, clientId, { ...group.who, clients: undefined }),
      ),
      ...this.#byPattern.flatMap((group) => this.#matches(group, user, clientId)),
    ];
  }

  #matches(group: Group, user: string, clientId: string, who = group.who): Match[] {
    return readings(who, user, clientId).map((captures) => ({ group, captures }));
  }

  #join(matches: readonly Match[]): RuleSet {
    const key = matches.map(({ group }) => group.id).join();
    const known = this.#joined.get(key);
    if (known) return known;
    if (this.#joined.size >= MOST_JOINED) this.#joined.clear();
    let slot: number = OWN.length;
    const members = matches.map(({ group }) => {
      const member = memberOf(group, slot);
      slot += group.captures.length;
      return member;
    });
    const set = new RuleSet(members);
    this.#joined.set(key, set);
    return set;
  }
}

/** False when not all of the names are known. */
function fileUnder(
  index: Map<string, Group[]>,
  patterns: readonly NamePattern[] | undefined,
  group: Group,
): boolean {
  const names = patterns?.map(({ literal }) => literal) ?? [undefined];
  if (names.includes(undefined)) return false;
  for (const name of new Set(names)) {
    if (name === undefined) continue;
    const others = index.get(name);
    if (others) others.push(group);
    else index.set(name, [group]);
  }
  return true;
}

function layerOf(match: Match, own: readonly Value[], plain: boolean): Layer {
  const { group } = match;
  const values = group.captures.length === 0 ? own : [...own, ...captured(match)];
  if (group.who.plainNames && !plain) {
    group.denials ??= new RuleSet([memberOf(group, OWN.length)], true);
    return { set: group.denials, values };
  }
  group.set ??= new RuleSet([memberOf(group, OWN.length)]);
  return { set: group.set, values };
}

function captured({ group, captures }: Match): Value[] {
  return group.captures.map((name) => fillable(captures.get(name) ?? ""));
}

/** With captures from a place of the list of values on. */
function memberOf({ rules, captures }: Group, first: number): Member {
  const slots = new Map<string, number>(OWN.map((name, index) => [name, index]));
  for (const [index, name] of captures.entries()) slots.set(name, first + index);
  return { rules, slots };
}
