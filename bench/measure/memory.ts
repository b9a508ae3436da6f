import { readFileSync, writeFileSync } from "node:fs";

/** Has the kernel begin anew with the most that was resident [proc(5), clear_refs]. */
const RESET_PEAK = "5";

export interface Memory {
  /** Resident bytes now. */
  readonly rss: number;
  /** The most that was ever resident. */
  readonly peak: number;
}

export function processMemory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
  return { rss: kibibytes("VmRSS") * 1024, peak: kibibytes("VmHWM") * 1024 };
}

/** Lets {@link processMemory} tell the most from now on; false where that is not allowed. */
export function forgetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
    return true;
  } catch {
    return false;
  }
}
