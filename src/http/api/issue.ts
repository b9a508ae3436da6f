import type { z } from "zod";

/** Further faults of a request are told when these are mended. */
const MOST = 3;
/** How much of a client's text a message repeats. */
const QUOTED = 64;

/** What is wrong with a part of a request (`body`, `query`, `path`), by the names of its keys. */
export function describeIssues(part: string, issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .slice(0, MOST)
    .map((issue) => describeIssue(part, issue))
    .join("; ");
}

function describeIssue(part: string, issue: z.core.$ZodIssue): string {
  const place = issue.path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${shorten(String(step))}`),
    part,
  );
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.slice(0, MOST).map((key) => JSON.stringify(shorten(key)));
    return `${place}: there is no key ${names.join(", ")}`;
  }
  if (issue.message.endsWith("received undefined")) return `${place}: is missing`;
  return `${place}: ${issue.message.replace(/^Invalid input: /, "")}`;
}

function shorten(text: string): string {
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}...` : text;
}
