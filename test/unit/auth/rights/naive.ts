import type { RuleOptions } from "../../../../src/auth/rights/options.js";
import { topicMatches } from "../../../../src/mqtt/topics.js";

/*
 * What rules mean, written down anew with nothing but lists and regular expressions: what the engine is compared with.
 */

export interface Client {
  readonly user: string;
  readonly clientId: string;
}

const EVERYTHING = "";

type Action = "publish" | "subscribe";

export interface Deed {
  readonly action: Action;
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
}

export function naivelyAllowed(rules: readonly RuleOptions[], client: Client, deed: Deed): boolean {
  const speaks = (rule: RuleOptions) => speaksOf(rule, client, deed);
  return rules.some((rule) => rule.allow && speaks(rule)) && !rules.some((rule) => rule.deny && speaks(rule));
}

function speaksOf(rule: RuleOptions, client: Client, { action, topic, qos, retain }: Deed): boolean {
  const { allow, deny, topics = [] } = rule;
  if (!(allow ?? deny ?? []).includes(action)) return false;
  if (rule.qos !== undefined && (allow ? qos > rule.qos : qos < rule.qos)) return false;
  if (action === "publish" && rule.retain !== undefined && rule.retain !== retain) return false;
  return readings(rule, client).some((captures) =>
    topics.some((filter) => {
      const written = write(
        filter,
        { "%u": client.user, "%c": client.clientId, ...captures },
        deny !== undefined,
      );
      return written === EVERYTHING || (written !== undefined && topicMatches(written, topic));
    }),
  );
}

function readings({ users, clients, anonymous }: RuleOptions, { user, clientId }: Client): object[] {
  if (user === "" && !anonymous) return [];
  const of = (patterns: readonly string[] | undefined, name: string) =>
    patterns
      ? patterns.flatMap((pattern) => {
          const found = new RegExp(`^${regularOf(pattern)}$`, "s").exec(name);
          return found ? [{ ...found.groups }] : [];
        })
      : [{}];
  return of(users, user).flatMap((one) =>
    of(clients, clientId).flatMap((other) => {
      const agree = Object.entries(other).every(
        ([name, value]) => !Object.hasOwn(one, name) || Reflect.get(one, name) === value,
      );
      return agree ? [{ ...one, ...other }] : [];
    }),
  );
}

function regularOf(pattern: string): string {
  return pattern
    .split(/(\*|\{[a-z]+\})/)
    .map((piece, index) => {
      if (index % 2 === 0) return piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return piece === "*" ? ".*?" : `(?<${piece.slice(1, -1)}>.+?)`;
    })
    .join("");
}

function write(filter: string, names: Record<string, string>, deny: boolean): string | undefined {
  const done: string[] = [];
  for (const [index, level] of filter.split("/").entries()) {
    const parts = level.split(/(%u|%c|\{[a-z]+\})/);
    const values = parts.map((part, at) => (at % 2 === 1 ? (names[part.replace(/[{}]/g, "")] ?? "") : part));
    const filled = values.filter((_, at) => at % 2 === 1);
    if (filled.some((value) => value === "")) return undefined;
    if (filled.some((value) => /[+#/\0]/.test(value)))
      return deny ? (index === 0 ? EVERYTHING : [...done, "#"].join("/")) : undefined;
    const written = values.join("");
    if (!deny && index === 0 && parts[0] === "" && parts.length > 1 && written.startsWith("$"))
      return undefined;
    done.push(written);
  }
  return done.join("/");
}
