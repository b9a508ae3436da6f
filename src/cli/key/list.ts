import type { KeyEntry } from "../../auth/keys/key-file.js";
import { defineCommand } from "../command.js";
import { reportFaults } from "../configured.js";
import { keyFileOf, keyFileOptions, readKeys } from "./key-file.js";

export const keyList = defineCommand({
  name: "key list",
  summary: "List the API keys of the file of keys: names, scopes, users and ends.",
  options: { ...keyFileOptions, json: { type: "boolean", description: "Write them as JSON." } },
  examples: ["causeway key list --file keys.yaml"],
  run: (flags) =>
    reportFaults("key list", async () => {
      const keys = await readKeys(keyFileOf(flags));
      process.stdout.write(flags.json ? json(keys) : table(keys));
      return 0;
    }),
});

function json(keys: readonly KeyEntry[]): string {
  const shown = keys.map(({ hash: _, ...rest }) => ({ ...rest, expired: isOver(rest.expires) }));
  return `${JSON.stringify(shown, null, 2)}\n`;
}

function table(keys: readonly KeyEntry[]): string {
  if (keys.length === 0) return "no keys\n";
  const rows = keys.map(({ name, scopes, user, expires }) => [
    name,
    scopes.join(","),
    user === undefined || user === "" ? "-" : JSON.stringify(user),
    expires === undefined ? "never" : isOver(expires) ? `${expires} (expired)` : expires,
  ]);
  const lines = [["NAME", "SCOPES", "USER", "EXPIRES"], ...rows];
  const width = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
  const widths = [0, 1, 2].map(width);
  return lines.map((line) => `${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}\n`).join("");
}

function isOver(expires: string | undefined): boolean {
  return expires !== undefined && Date.parse(expires) <= Date.now();
}
