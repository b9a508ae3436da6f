import { randomFillSync } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../model/random.js";
import type { Disk, DiskFile } from "./disk.js";

/** What has become of the bytes that were not synced. */
export const TAILS = ["lost", "torn", "garbage"] as const;
export type Tail = (typeof TAILS)[number];

/** Makes of a directory what a power cut leaves of it. */
export async function powerCut(
  source: string,
  target: string,
  { disk, tail, random }: { readonly disk: Disk; readonly tail: Tail; readonly random: Random },
): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const [name, file] of disk.files) {
    if (!file.listed && file.synced === 0 && random.chance(0.5)) continue; // its name did not get to the disk
    const content = await readFile(join(source, name));
    // It may be longer: the end of the write in which the process was killed is not told, and was not synced.
    if (content.length < file.written)
      throw new Error(`${name} has ${content.length} bytes, of which the trace knows ${file.written}`);
    await writeFile(join(target, name), after(content, file, isLog(name) ? tail : torn(tail), random));
  }
}

function after(content: Buffer, { synced }: DiskFile, tail: Tail, random: Random): Buffer {
  if (tail === "lost") return content.subarray(0, synced);
  if (tail === "torn") return content.subarray(0, random.between(synced, content.length));
  const garbage = Buffer.from(content);
  // A file may have got its new size and not its data.
  if (random.chance(0.5)) garbage.fill(0, synced);
  else randomFillSync(garbage, synced);
  return garbage;
}

/** Garbage at the end of a log is passed over; at the end of a manifest the database says that it is damaged. */
function isLog(name: string): boolean {
  return name.endsWith(".log");
}

function torn(tail: Tail): Tail {
  return tail === "garbage" ? "torn" : tail;
}
