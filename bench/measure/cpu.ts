import { readFileSync } from "node:fs";

/** The kernel counts CPU time for /proc in these units, whatever its timer runs at. */
const TICKS_PER_SECOND = 100;
export const TICK_SECONDS = 1 / TICKS_PER_SECOND;
/** Shorter windows hold too few ticks for a figure to two places. */
export const SHORTEST_WINDOW_SECONDS = 3;

/** CPU seconds that a process has used so far, all its threads, in user and kernel mode. */
export function processCpu(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name of the program, in brackets, may hold anything; the state is the first field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [utime, stime] = [fields[11], fields[12]];
  return (Number(utime) + Number(stime)) / TICKS_PER_SECOND;
}

/** CPU seconds that all processes of the machine together have used so far. */
export function machineCpu(): number {
  const [line = ""] = readFileSync("/proc/stat", "latin1").split("\n", 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .trim()
    .split(/ +/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}
