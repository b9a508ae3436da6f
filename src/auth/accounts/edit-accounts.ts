import { nameIn } from "./accounts-file.js";

/** The text of a file of accounts with this hash for the name; every other line stays as it is. */
export function withAccount(text: string, name: string, hash: string): string {
  const lines = linesOf(text);
  const line = `${name}:${hash}`;
  const first = lines.findIndex((other) => nameIn(other) === name);
  if (first === -1) return joined([...lines, line]);
  return joined(
    lines.flatMap((other, index) => (index === first ? [line] : nameIn(other) === name ? [] : [other])),
  );
}

/** Undefined when there is no such account. */
export function withoutAccount(text: string, name: string): string | undefined {
  const lines = linesOf(text);
  const rest = lines.filter((line) => nameIn(line) !== name);
  return rest.length === lines.length ? undefined : joined(rest);
}

/** Without the end of the last one. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
