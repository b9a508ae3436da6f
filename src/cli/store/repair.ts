import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import type { RepairResult } from "../../storage/level/maintenance/repair.js";
import { defineCommand } from "../command.js";
import { Failure } from "../failure.js";
import { dataDirectory, dataOptions } from "./data-directory.js";
import { faultText } from "./fault-text.js";
import { Output } from "./output.js";
import { counted, Progress } from "./progress.js";
import { report } from "./report.js";

export const storeRepair = defineCommand({
  name: "store repair",
  summary: "Make a damaged data directory usable again, and say what was lost; the broker must not run.",
  options: {
    ...dataOptions,
    yes: { type: "boolean", short: "y", description: "Do not ask before anything is changed." },
    json: { type: "boolean", description: "Write JSON lines: each fault, then what was done." },
  },
  examples: [
    "cp -a data data.copy && causeway store repair",
    "causeway store repair --data /var/lib/causeway --yes",
  ],
  async run(values) {
    return report("store repair", async () => {
      // Files are put beside it, under its name.
      const directory = resolve(dataDirectory(values));
      const { repair } = await import("../../storage/level/maintenance/repair.js");
      const output = new Output();
      const progress = new Progress("rows read");
      const result = await repair(directory, {
        async onFault(fault) {
          progress.clear();
          const text = values.json ? JSON.stringify({ type: "fault", ...fault }) : faultText(fault);
          await output.write(`${text}\n`);
        },
        onRows: progress.show,
        confirm: async (faults) => {
          progress.clear();
          return values.yes || (await ask(directory, faults));
        },
      });
      progress.clear();
      if (!result) throw new Failure("nothing was changed");
      await output.write(
        values.json ? `${JSON.stringify({ type: "repaired", ...result })}\n` : outcome(directory, result),
      );
      return 0;
    });
  },
});

async function ask(directory: string, faults: number): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Failure(
      `nothing was changed: repair ${counted(faults, "fault")} with --yes, after making a copy of ${directory}`,
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      `Repair ${counted(faults, "fault")} in ${directory}? A copy of it should have been made before. [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function outcome(directory: string, { faults, removed, kept }: RepairResult): string {
  if (faults === 0) return `${directory}: sound, nothing to repair\n`;
  const lines = [`${directory}: repaired; ${counted(faults, "fault")} found, what was lost is told above`];
  if (removed)
    lines.push(`${counted(removed.rows, "row")} that could not be kept as it was: ${removed.file}`);
  if (kept) lines.push(`the damaged files are kept in ${kept}: delete it when it is not needed any more`);
  return `${lines.join("\n")}\n`;
}
