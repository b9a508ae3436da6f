import type { StoreFigures } from "../../storage/level/maintenance/stats.js";
import { defineCommand } from "../command.js";
import { dataDirectory, dataOptions } from "./data-directory.js";
import { shown } from "./fault-text.js";
import { Output } from "./output.js";
import { counted, formatBytes, formatCount, Progress } from "./progress.js";
import { report } from "./report.js";

export const storeStats = defineCommand({
  name: "store stats",
  summary: "Count what a data directory holds, and name the longest queues; the broker must not run.",
  options: { ...dataOptions, json: { type: "boolean", description: "Write one JSON object." } },
  examples: ["causeway store stats", "causeway store stats --json | jq .longestQueues"],
  async run(values) {
    return report("store stats", async () => {
      const { stats } = await import("../../storage/level/maintenance/stats.js");
      const progress = new Progress("rows read");
      const figures = await stats(dataDirectory(values), progress.show);
      progress.clear();
      await new Output().write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
      return 0;
    });
  },
});

function table(figures: StoreFigures): string {
  const { queued, retained, blocks, streams, longestQueues } = figures;
  const rows: [string, string][] = [
    ["format", String(figures.format)],
    ["on disk", formatBytes(figures.bytesOnDisk)],
    ["sessions", `${formatCount(figures.sessions)}, of ${counted(figures.away, "client")} that went away`],
    ["subscriptions", formatCount(figures.subscriptions)],
    ["queued messages", `${formatCount(queued.messages)}, ${formatBytes(queued.bytes)}`],
    ["retained messages", `${formatCount(retained.messages)}, ${formatBytes(retained.bytes)}`],
    ["wills", formatCount(figures.wills)],
    ["incoming QoS 2 messages", formatCount(figures.incoming)],
    ["shared blocks", `${formatCount(blocks.count)}, ${formatBytes(blocks.bytes)}`],
    [
      "entries of streams",
      `${formatCount(streams.entries)}, ${formatBytes(streams.bytes)}, of ${counted(streams.count, "stream")}`,
    ],
  ];
  if (figures.damaged > 0)
    rows.push(["damaged rows", `${formatCount(figures.damaged)}: causeway store check tells more`]);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.map(([name, value]) => name.padEnd(width) + value);
  if (longestQueues.length > 0) lines.push("", "longest queues");
  for (const { clientId, messages, bytes } of longestQueues)
    lines.push(
      `${formatCount(messages).padStart(12)}  ${formatBytes(bytes).padStart(10)}  ${shown(clientId)}`,
    );
  return `${lines.join("\n")}\n`;
}
