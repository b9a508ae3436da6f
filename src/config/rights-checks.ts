import { readFileSync } from "node:fs";
import { parseAcl } from "../auth/rights/acl-file.js";
import { type RuleFault, ruleFaults, scopeFaults } from "../auth/rights/rule-faults.js";
import { formatPath } from "./path.js";
import { readRightsFile } from "./rights-file.js";
import type { Config } from "./schema.js";

/** What does not go together in the rights, and what is wrong with their files. */
export function rightsFaults({ rights }: Config): { path: string; message: string }[] {
  if (!rights) return [];
  const { rules, scopes, file, aclFile } = rights;
  const placed = (key: string, index: number, found: readonly RuleFault[]) =>
    found.map(({ path, message }) => ({ path: formatPath(["rights", key, index, ...path]), message }));
  return [
    ...rules.flatMap((rule, index) => placed("rules", index, ruleFaults(rule))),
    ...scopes.flatMap((scope, index) => placed("scopes", index, scopeFaults(scope))),
    ...(file === undefined ? [] : fileFaults("rights.file", () => readRightsFile(file))),
    ...(aclFile === undefined
      ? []
      : fileFaults("rights.aclFile", () => parseAcl(readFileSync(aclFile, "utf8"), aclFile))),
  ];
}

function fileFaults(path: string, read: () => unknown): { path: string; message: string }[] {
  try {
    read();
    return [];
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
}
