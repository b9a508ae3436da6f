import { resolve } from "node:path";
import type { Progress as Copied, OnProgress } from "../../storage/level/backup.js";
import { defineCommand, UsageError } from "../command.js";
import { dataDirectory, dataOptions } from "./data-directory.js";
import { Output } from "./output.js";
import { counted, formatBytes, Progress } from "./progress.js";
import { report } from "./report.js";

export const storeBackup = defineCommand({
  name: "store backup",
  summary: "Copy a data directory as it is at one moment, while the broker runs or not.",
  positionals: "DIR",
  options: { ...dataOptions, json: { type: "boolean", description: "Write what was copied as JSON." } },
  examples: ["causeway store backup /backup/causeway-$(date +%F)"],
  async run(values, [target, ...more]) {
    if (target === undefined || more.length > 0)
      throw new UsageError("store backup: name one directory to copy to, which is empty or not there yet");
    return report("store backup", async () => {
      const progress = new Progress("rows copied");
      // The broker has another working directory.
      const copied = await copy(dataDirectory(values), resolve(target), ({ rows, bytes }) =>
        progress.show(rows, `, ${formatBytes(bytes)}`),
      );
      progress.clear();
      const { rows, bytes } = copied;
      await new Output().write(
        values.json
          ? `${JSON.stringify({ directory: resolve(target), rows, bytes })}\n`
          : `${target}: ${counted(rows, "row")}, ${formatBytes(bytes)}\n`,
      );
      return 0;
    });
  },
});

async function copy(data: string, target: string, onProgress: OnProgress): Promise<Copied> {
  const [{ askForBackup }, { backup }, { InUse }, { withStore }] = await Promise.all([
    import("../../storage/level/control-client.js"),
    import("../../storage/level/backup.js"),
    import("../../storage/level/maintenance/database.js"),
    import("../../storage/level/maintenance/with-store.js"),
  ]);
  const copied = await askForBackup(data, target, onProgress);
  if (copied) return copied;
  try {
    return await withStore(data, (level) => backup(level, target, onProgress));
  } catch (error) {
    if (!(error instanceof InUse)) throw error;
    throw new InUse(
      `the data directory ${data} is in use by a process that cannot be asked for a backup: run this as the broker's user, look for "control socket" in the broker's log, or stop it first`,
    );
  }
}
