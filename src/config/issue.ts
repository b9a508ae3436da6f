import type { z } from "zod";
import { type Fault, showValue } from "./fault.js";
import { expectationOf, type Key, type Node } from "./key.js";
import { type Layer, sourceOf, valueAt } from "./layer.js";
import { formatPath, type Path, patternOf } from "./path.js";
import { meantValue, nearest } from "./suggest.js";

export interface Findings {
  readonly keys: readonly Key[];
  readonly layers: readonly Layer[];
  /** What was parsed, all layers together. */
  readonly value: unknown;
}

/** What the schema found, in the words of the configuration. */
export function faultsOf(issue: z.core.$ZodIssue, findings: Findings): Fault[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((name) => unknownKey([...path, name], findings));
  return [wrongValue(path, issue, findings)];
}

/** A fault at a path, with the place where the path was set. */
export function faultAt(path: Path, message: string, layers: readonly Layer[], suggestion?: string): Fault {
  const source = sourceOf(layers, path);
  return {
    path: formatPath(path),
    message,
    ...(source ? { source } : {}),
    ...(suggestion ? { suggestion } : {}),
  };
}

function wrongValue(path: Path, issue: z.core.$ZodIssue, { keys, layers, value }: Findings): Fault {
  const node = nodeAt(path, keys);
  // Durations, sizes, addresses and patterns say themselves what they expect; for the others the schema's bounds do.
  const saysItself = node.title !== undefined || issue.code === "invalid_format" || issue.code === "custom";
  const expected = saysItself ? issue.message : expectationOf(node);
  const given = valueAt(value, path);
  if (given === undefined) return faultAt(path, `missing; required: ${node.description ?? expected}`, layers);
  const options = node.enum ?? [];
  const suggestion = node.writeOnly ? undefined : meantValue(given, node.title ?? node.type ?? "", options);
  const shown = isMisplaced(given, node) ? "a text" : showValue(given, node.writeOnly);
  return faultAt(path, `${shown} is not ${expected}`, layers, suggestion);
}

/** A text where a list or a section belongs: it may be the secret that is meant for one of its keys. */
function isMisplaced(given: unknown, { type }: Node): boolean {
  return typeof given === "string" && (type === "array" || type === "object");
}

function unknownKey(path: Path, { keys, layers }: Findings): Fault {
  const meant = meantKey(path, keys);
  return faultAt(path, meant ? "unknown key" : "unknown key; remove it", layers, meant);
}

/** A near miss among the section's own keys, else anywhere: `maxPacketSize` at the top is `mqtt.maxPacketSize`. */
function meantKey(path: Path, keys: readonly Key[]): string | undefined {
  const above = path.slice(0, -1);
  const name = String(path.at(-1));
  const section = patternOf(above);
  const own = keys.filter((key) => parentOf(key.path) === section).map((key) => lastOf(key.path));
  const sibling = nearest(name, own);
  if (sibling !== undefined) return formatPath([...above, sibling]);
  const elsewhere = nearest(
    name,
    keys.map((key) => lastOf(key.path)),
  );
  return elsewhere && keys.find((key) => lastOf(key.path) === elsewhere)?.path;
}

function nodeAt(path: Path, keys: readonly Key[]): Node {
  const key = keys.find((candidate) => candidate.path === patternOf(path));
  if (key) return key.node;
  // An item of a list has no key of its own.
  const list =
    typeof path.at(-1) === "number"
      ? keys.find((other) => other.path === patternOf(path.slice(0, -1)))
      : undefined;
  return list?.node.items ?? {};
}

function parentOf(path: string): string {
  return path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
