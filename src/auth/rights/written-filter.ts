import type { Captures } from "./name-pattern.js";
import { fill, fillable, type Slotted, type Template } from "./template.js";

/** Whose names are filled in. */
export interface Names {
  readonly user: string;
  readonly clientId: string;
  readonly captures: Captures;
}

/** No filter: topics that begin with `$` too. */
export const everything = "";

/** The filter as it is for somebody; undefined when it is for nobody of that name. */
export function writtenFilter(levels: readonly Template[], deny: boolean, names: Names): string | undefined {
  const written: string[] = [];
  for (const level of levels) {
    const text = writtenText(level, names);
    if (text === undefined) return undefined;
    if (text === null) return deny ? everythingFrom(written) : undefined;
    if (!deny && written.length === 0 && typeof level[0] === "object" && text.startsWith("$"))
      return undefined;
    written.push(text);
  }
  return written.join("/");
}

function everythingFrom(levels: readonly string[]): string {
  return levels.length === 0 ? everything : [...levels, "#"].join("/");
}

/** Null when something in it must not be filled in. */
export function writtenText(template: Template, { user, clientId, captures }: Names) {
  const values = template.map((piece) => {
    if (typeof piece === "string") return piece;
    if (piece.variable === "%u") return fillable(user);
    return fillable(piece.variable === "%c" ? clientId : (captures.get(piece.variable) ?? ""));
  });
  const places: Slotted = template.map((_, index) => index);
  return fill(places, values);
}

/** Whether a topic can match both filters. */
export function filtersMeet(one: string, other: string): boolean {
  const [a, b] = [one.split("/"), other.split("/")];
  if (isWild(a[0]) && b[0]?.startsWith("$")) return false;
  if (isWild(b[0]) && a[0]?.startsWith("$")) return false;
  for (let index = 0; ; index++) {
    const [x, y] = [a[index], b[index]];
    if (x === "#" || y === "#") return true;
    if (x === undefined || y === undefined) return x === y;
    if (x !== y && x !== "+" && y !== "+") return false;
  }
}

function isWild(level: string | undefined): boolean {
  return level === "+" || level === "#";
}
