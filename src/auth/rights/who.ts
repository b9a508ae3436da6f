import type { Captures, NamePattern } from "./name-pattern.js";

/** Whom rules are for. Rules with the same of these are one group. */
export interface Who {
  /** Those that have a user name. */
  readonly named: boolean;
  /** Those that have none. */
  readonly anonymous: boolean;
  readonly users?: readonly NamePattern[] | undefined;
  readonly clients?: readonly NamePattern[] | undefined;
  /** Allows nothing to those whose names hold `+` or `#`, as with patterns of Mosquitto. */
  readonly plainNames?: boolean;
}

const NOTHING: readonly Captures[] = [new Map()];

/** Every way in which somebody is one of those: the captures of each. */
export function readings(who: Who, user: string, clientId: string): readonly Captures[] {
  if (user === "" ? !who.anonymous : !who.named) return [];
  const users = who.users ? distinct(who.users, user) : NOTHING;
  if (users.length === 0 || !who.clients) return users;
  return users.flatMap((one) =>
    distinct(who.clients ?? [], clientId).flatMap((other) => joined(one, other) ?? []),
  );
}

function distinct(patterns: readonly NamePattern[], name: string): Captures[] {
  const found = patterns.flatMap((pattern) => pattern.match(name) ?? []);
  if (found.length < 2) return found;
  const byText = new Map(found.map((captures) => [JSON.stringify([...captures].sort()), captures]));
  return [...byText.values()];
}

/** What both captured under one name must be the same. */
function joined(one: Captures, other: Captures): Captures | undefined {
  for (const [name, value] of other) if ((one.get(name) ?? value) !== value) return undefined;
  return new Map([...one, ...other]);
}

/** The names under which something is captured by every pattern of the users, or of the clients. */
export function capturedBy({ users, clients }: Who): string[] {
  return [...new Set([...common(users), ...common(clients)])].sort();
}

function common(patterns: readonly NamePattern[] = []): string[] {
  const [first, ...more] = patterns;
  return (first?.captures ?? []).filter((name) => more.every(({ captures }) => captures.includes(name)));
}
