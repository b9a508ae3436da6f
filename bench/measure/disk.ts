import { readFileSync } from "node:fs";

/** Bytes that a process has had written to disks so far, all its threads; undefined where the kernel does not tell. */
export function writtenBytes(pid: number): number | undefined {
  try {
    const [, bytes] = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "latin1")) ?? [];
    return bytes === undefined ? undefined : Number(bytes);
  } catch {
    return undefined; // a process of another user, or a kernel that does not account for it
  }
}
