import type { CheckResult } from "../../storage/level/maintenance/check.js";
import { defineCommand } from "../command.js";
import { dataDirectory, dataOptions } from "./data-directory.js";
import { faultText } from "./fault-text.js";
import { Output } from "./output.js";
import { counted, Progress } from "./progress.js";
import { report } from "./report.js";

const FAULTS_FOUND = 1;

export const storeCheck = defineCommand({
  name: "store check",
  summary: "Read everything in a data directory and say what is damaged; the broker must not run.",
  options: {
    ...dataOptions,
    json: { type: "boolean", description: "Write JSON lines: each fault, then a summary." },
  },
  examples: ["causeway store check", "causeway store check --data /var/lib/causeway --json"],
  async run(values) {
    return report("store check", async () => {
      const directory = dataDirectory(values);
      const { check } = await import("../../storage/level/maintenance/check.js");
      const output = new Output();
      const progress = new Progress("rows read");
      const result = await check(directory, {
        async onFault(fault) {
          progress.clear();
          const text = values.json ? JSON.stringify({ type: "fault", ...fault }) : faultText(fault);
          await output.write(`${text}\n`);
        },
        onRows: progress.show,
      });
      progress.clear();
      const sound = result.faults === 0;
      await output.write(
        values.json
          ? `${JSON.stringify({ type: "summary", sound, ...result })}\n`
          : summary(directory, result),
      );
      return sound ? 0 : FAULTS_FOUND;
    });
  },
});

function summary(directory: string, { rows, faults, unneededBlocks, complete }: CheckResult): string {
  const lines = [
    `${directory}: ${faults === 0 ? "sound" : counted(faults, "fault")}, ${counted(rows, "row")}`,
  ];
  if (!complete) lines.push("the rows were not looked at, since that is not safe with damaged files");
  if (unneededBlocks > 0)
    lines.push(`${counted(unneededBlocks, "block")} of messages that no queue needs any more: harmless`);
  if (faults > 0)
    lines.push(`make a copy of ${directory}, then run: causeway store repair --data ${directory}`);
  return `${lines.join("\n")}\n`;
}
