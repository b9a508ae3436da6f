import { filterLevels } from "./configured.js";
import { NamePattern } from "./name-pattern.js";
import { permissionsOf } from "./permission.js";
import type { Rule } from "./rule.js";
import { filterFault } from "./rule-faults.js";
import { percentOnly, plainText } from "./template.js";
import type { Who } from "./who.js";

/** Everything that is wrong with a file, each with its line. */
export class AclFault extends Error {}

const MOST_FAULTS = 10;
const ACCESS = {
  read: { deny: false, actions: ["subscribe"] },
  write: { deny: false, actions: ["publish"] },
  readwrite: { deny: false, actions: ["subscribe", "publish"] },
  deny: { deny: true, actions: ["subscribe", "publish"] },
} as const;

type Access = keyof typeof ACCESS;

/** Patterns count for everybody, whatever stands above them. */
const everybody: Who = { named: true, anonymous: true, plainNames: true };
const strangers: Who = { named: false, anonymous: true };

/** Rules in the syntax of Mosquitto's `acl_file`. Throws an {@link AclFault}. */
export function parseAcl(text: string, name: string): Rule[] {
  const reader = new AclReader(name);
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (const [index, line] of lines.entries()) reader.line(line.trimEnd(), index + 1);
  return reader.finish();
}

class AclReader {
  readonly #name: string;
  readonly #rules: Rule[] = [];
  readonly #faults: string[] = [];
  readonly #users = new Map<string, Who>();
  #who = strangers;

  constructor(name: string) {
    this.#name = name;
  }

  line(line: string, number: number): void {
    if (line === "" || line.startsWith("#")) return;
    const [word, rest] = firstWord(line);
    const origin = `${this.#name}:${number}`;
    const fault =
      word === "user"
        ? this.#user(rest)
        : word === "topic" || word === "pattern"
          ? this.#rule(word, rest, origin)
          : `${JSON.stringify(word.slice(0, 40))} is none of user, topic, pattern; comments begin with # at the start of a line`;
    if (fault) this.#faults.push(`${origin}: ${fault}`);
  }

  finish(): Rule[] {
    if (this.#faults.length === 0) return this.#rules;
    const more = this.#faults.length - MOST_FAULTS;
    const shown = this.#faults.slice(0, MOST_FAULTS).join("; ");
    throw new AclFault(more > 0 ? `${shown}; and ${more} more` : shown);
  }

  #user(name: string): string | undefined {
    if (name === "") return "a user needs a name";
    const known = this.#users.get(name);
    this.#who = known ?? { named: true, anonymous: false, users: [NamePattern.literally(name)] };
    if (!known) this.#users.set(name, this.#who);
    return undefined;
  }

  #rule(kind: "topic" | "pattern", rest: string, origin: string): string | undefined {
    if (rest === "") return `${kind} needs a topic filter`;
    const [word, behind] = firstWord(rest);
    // A single word is the filter, also when it is called as a kind of access.
    const filter = behind === "" ? word : behind;
    if (behind !== "" && !isAccess(word))
      return `${JSON.stringify(word.slice(0, 40))} is none of read, write, readwrite, deny, which a filter with a space in it needs before it`;
    const fault = filterFault(filter);
    if (fault) return `${JSON.stringify(filter.slice(0, 100))}: ${fault}`;
    const access = ACCESS[behind !== "" && isAccess(word) ? word : "readwrite"];
    this.#rules.push({
      origin,
      deny: access.deny,
      who: kind === "pattern" ? everybody : this.#who,
      permissions: permissionsOf(access),
      topics: [filterLevels(filter, kind === "pattern" ? percentOnly : plainText)],
      actions: 0,
      channels: [],
    });
    return undefined;
  }
}

function isAccess(word: string): word is Access {
  return Object.hasOwn(ACCESS, word);
}

/** Words are parted by spaces, and by nothing else: a tab belongs to a topic. */
function firstWord(line: string): [word: string, rest: string] {
  const text = line.replace(/^ +/, "");
  const end = text.indexOf(" ");
  return end === -1 ? [text, ""] : [text.slice(0, end), text.slice(end).replace(/^ +/, "")];
}
