import { z } from "zod";
import { type RuleFault, ruleFaults, scopeFaults } from "../auth/rights/rule-faults.js";
import { type Fault, formatFaults } from "./fault.js";
import { readFile } from "./file.js";
import { faultAt, faultsOf } from "./issue.js";
import { listKeys } from "./key.js";
import type { Layer } from "./layer.js";
import type { Path } from "./path.js";
import { rightsRule, scopeRule } from "./sections/rights.js";

const content = z.strictObject({
  rules: z.array(rightsRule).max(100_000).default([]),
  scopes: z.array(scopeRule).max(10_000).default([]),
});
const MOST_FAULTS = 10;
const SECTION = "rights.";

/** The file that `rights.file` names. Throws with everything that is wrong with it, each with its place. */
export function readRightsFile(name: string) {
  const { layer, faults } = readFile(name);
  if (!layer) throw new Error(shown(faults));
  const { success, data, error } = content.safeParse(layer.value);
  if (!success) {
    const findings = { keys: ownKeys(), layers: [layer], value: layer.value };
    throw new Error(shown(error.issues.flatMap((issue) => faultsOf(issue, findings))));
  }
  const wrong = contentFaults(data, layer);
  if (wrong.length > 0) throw new Error(shown(wrong));
  return { ...data, locate: (path: Path) => lineOf(layer.locate(path) ?? name) };
}

/** The file's keys are those of the section. */
function ownKeys() {
  return listKeys().flatMap((key) =>
    key.path.startsWith(SECTION) ? [{ ...key, path: key.path.slice(SECTION.length) }] : [],
  );
}

function contentFaults({ rules, scopes }: z.output<typeof content>, layer: Layer): Fault[] {
  const placed = (key: string, index: number, found: readonly RuleFault[]) =>
    found.map(({ path, message }) => faultAt([key, index, ...path], message, [layer]));
  return [
    ...rules.flatMap((rule, index) => placed("rules", index, ruleFaults(rule))),
    ...scopes.flatMap((scope, index) => placed("scopes", index, scopeFaults(scope))),
  ];
}

/** `rights.yaml:12` of `rights.yaml:12:5`. */
function lineOf(place: string): string {
  return place.replace(/:\d+$/, "");
}

function shown(faults: readonly Fault[]): string {
  const text = formatFaults(faults.slice(0, MOST_FAULTS)).replaceAll("\n", "; ");
  return faults.length > MOST_FAULTS ? `${text}; and ${faults.length - MOST_FAULTS} more` : text;
}
