import { createReadStream } from "node:fs";
import { StoreError } from "../../storage/store.js";
import { defineCommand, UsageError } from "../command.js";
import { dataDirectory, dataOptions } from "./data-directory.js";
import { Output } from "./output.js";
import { counted, Progress } from "./progress.js";
import { report } from "./report.js";

export const storeImport = defineCommand({
  name: "store import",
  summary: "Make a data directory from the JSON lines of an export: all of them or, if one is bad, none.",
  positionals: "[FILE]",
  options: {
    ...dataOptions,
    merge: {
      type: "boolean",
      description: "Import into a store that is there; sessions and topics replace those of the same name.",
    },
    json: { type: "boolean", description: "Write how many lines of each type there were, as JSON." },
  },
  examples: [
    "causeway store import store.jsonl --data restored",
    "causeway store export | causeway store import --data copy",
  ],
  async run(values, [file, ...more]) {
    if (more.length > 0) throw new UsageError("store import: name one file");
    if (file === undefined && process.stdin.isTTY)
      throw new UsageError("store import: name a file, or pipe an export into it");
    return report("store import", async () => {
      const directory = dataDirectory(values);
      const { importStore } = await import("../../storage/level/maintenance/import.js");
      const progress = new Progress("lines read");
      const imported = await importStore(directory, source(file), {
        merge: values.merge ?? false,
        onLines: progress.show,
      });
      progress.clear();
      const { store: _header, ...counts } = imported;
      const things = Object.entries(counts).map(([type, count]) => `${type} ${counted(count, "line")}`);
      await new Output().write(
        values.json
          ? `${JSON.stringify(counts)}\n`
          : `${directory}: imported ${things.join(", ") || "nothing"}\n`,
      );
      return 0;
    });
  },
});

async function* source(file: string | undefined): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of file === undefined ? process.stdin : createReadStream(file))
      yield chunk as Buffer;
  } catch (error) {
    throw new StoreError(`cannot read ${file ?? "standard input"}: ${(error as Error).message}`);
  }
}
