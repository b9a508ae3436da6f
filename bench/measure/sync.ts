import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Latency } from "./latency.js";

/** About what one short message takes. */
const RECORD = Buffer.alloc(256, "x");
const SYNCS = 200;
const LONGEST_MS = 2_000;
const MICROSECONDS = 1_000;

/** The median time, in milliseconds, that this machine takes to have a short record on its disk, where the servers have theirs. */
export function syncTime(): number {
  const directory = mkdtempSync(join(tmpdir(), "causeway-bench-sync-"));
  try {
    return timeIn(join(directory, "log"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function timeIn(path: string): number {
  const latency = new Latency();
  const file = openSync(path, "a");
  try {
    const deadline = performance.now() + LONGEST_MS;
    for (let sync = 0; sync < SYNCS && performance.now() < deadline; sync++) {
      writeSync(file, RECORD);
      const started = performance.now();
      fdatasyncSync(file);
      latency.record((performance.now() - started) * MICROSECONDS);
    }
  } finally {
    closeSync(file);
  }
  return latency.summary().p50;
}
