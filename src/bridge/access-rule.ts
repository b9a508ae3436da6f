import type { RuleAccess } from "../gateway/channels.js";
import type { AccessOptions } from "./options.js";

/** What a rule says of users, ready for use. Nobody in particular is none of them. */
export function accessOf(options: AccessOptions): RuleAccess {
  return (action, user) => {
    const patterns = options[action];
    return patterns && user !== "" && patterns.some((pattern) => matchesUser(pattern, user));
  };
}

/** Whether a user name is of a form, in which `*` stands for any text. */
export function matchesUser(pattern: string, user: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === user;
  if (!user.startsWith(first) || !user.endsWith(last)) return false;
  let position = first.length;
  // The first place of each part leaves most for the others, so no name takes long.
  for (const part of rest) {
    const found = user.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return position <= user.length - last.length;
}
