import { createWriteStream } from "node:fs";
import { defineCommand, UsageError } from "../command.js";
import { dataDirectory, dataOptions } from "./data-directory.js";
import { faultText } from "./fault-text.js";
import { Output } from "./output.js";
import { counted, Progress } from "./progress.js";
import { report } from "./report.js";

const INCOMPLETE = 1;

export const storeExport = defineCommand({
  name: "store export",
  summary: "Write everything in a data directory as JSON lines; the broker must not run.",
  positionals: "[FILE]",
  options: dataOptions,
  examples: [
    "causeway store export store.jsonl",
    "causeway store export | jq 'select(.type == \"retained\") | .topic'",
  ],
  async run(values, [file, ...more]) {
    if (more.length > 0) throw new UsageError("store export: name one file");
    return report("store export", async () => {
      const directory = dataDirectory(values);
      const { exportStore } = await import("../../storage/level/maintenance/export.js");
      // What was queued is for nobody else to read.
      const output = new Output(
        file === undefined ? process.stdout : createWriteStream(file, { mode: 0o600 }),
      );
      const progress = new Progress("rows read");
      let faults = 0;
      await exportStore(directory, {
        write: (text) => output.write(text),
        onFault(fault) {
          faults++;
          progress.clear();
          process.stderr.write(`causeway: store export: left out: ${faultText(fault)}\n`);
        },
        onRows: progress.show,
      });
      if (file !== undefined) await output.end();
      progress.clear();
      if (faults === 0) return 0;
      process.stderr.write(
        `causeway: store export: ${counted(faults, "fault")}, so that the export is not complete\n`,
      );
      return INCOMPLETE;
    });
  },
});
