import { readFileSync } from "node:fs";

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
