import { readdir, readFile, readlink } from "node:fs/promises";
import type { RunningServer } from "../../helpers/server.js";

/** Bytes of memory that the server's process has now, and the most that it ever had. */
export async function memoryOf({ pid }: RunningServer): Promise<{ now: number; most: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const bytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024;
  return { now: bytes("VmRSS"), most: bytes("VmHWM") };
}

/** Milliseconds of processor time that the server has used, whatever else the machine does. */
export async function cpuOf({ pid }: RunningServer): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The fields after the name in parentheses; times are in hundredths of a second.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

/** Sockets that the server's process has open, listening ones too. */
export async function socketsOf({ pid }: RunningServer): Promise<number> {
  const directory = `/proc/${pid}/fd`;
  const files = await readdir(directory);
  const targets = await Promise.all(files.map((file) => readlink(`${directory}/${file}`).catch(() => "")));
  return targets.filter((target) => target.startsWith("socket:")).length;
}
