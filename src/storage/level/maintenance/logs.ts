import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { scanLog } from "../log-scan.js";
import type { Fault } from "./fault.js";

/** What is damaged in the logs. To be asked before the database is opened: that empties them. */
export async function logFaults(directory: string): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const name of (await readdir(directory)).sort()) {
    if (!/^\d+\.log$/.test(name)) continue;
    const { damage } = await scanLog(join(directory, name)).catch(goneOr);
    if (damage)
      faults.push({
        kind: "log",
        problem: `${name} cannot be read at byte ${damage.offset}; ${damage.recordsAfter} writes follow that can be`,
        loss: "what was written there; whose it was cannot be told",
      });
  }
  return faults;
}

/** A running broker replaces its logs; that it runs is told when the database is opened. */
function goneOr(error: NodeJS.ErrnoException): { damage?: undefined } {
  if (error.code !== "ENOENT") throw error;
  return {};
}
