import { setTimeout as pass } from "node:timers/promises";
import { processMemory } from "./memory.js";

const LOOK_MS = 250;
/** Memory that has changed by no more than this for so long is settled. */
const QUIET_MS = 2_000;
const SAME_BYTES = 256 * 1024;
const LONGEST_MS = 20_000;

/** Resident bytes of a process once they change no more, or after 20 s anyway. */
export async function settledRss(pid: number): Promise<{ readonly rss: number; readonly settled: boolean }> {
  const deadline = performance.now() + LONGEST_MS;
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  let since = performance.now();
  for (;;) {
    const { rss } = processMemory(pid);
    [least, most] = [Math.min(least, rss), Math.max(most, rss)];
    const now = performance.now();
    if (most - least > SAME_BYTES) [least, most, since] = [rss, rss, now];
    if (now - since >= QUIET_MS) return { rss, settled: true };
    if (now >= deadline) return { rss, settled: false };
    await pass(LOOK_MS);
  }
}
