import { mkdtemp, open, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../helpers/command.js";
import type { Teardown } from "../../helpers/teardown.js";

/** Runs a command that must succeed, and gives what it printed. */
export async function must(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr.trim()}`);
  return stdout.trim();
}

/** Why file systems cannot be mounted here, or undefined when they can. */
export async function whyNoMounts(): Promise<string | undefined> {
  if (process.platform !== "linux") return "mounts file systems as Linux does";
  const directory = await mkdtemp(join(tmpdir(), "causeway-mount-"));
  try {
    await must("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory);
    await must("umount", directory);
    return undefined;
  } catch (error) {
    return `may not mount a file system here: ${(error as Error).message}`;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A file system in memory of its own, with so many MiB. */
export async function mountMemory(t: Teardown, mebibytes: number): Promise<string> {
  const directory = await mountPoint(t);
  await must("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory);
  return directory;
}

/** A directory on which a test may mount; what is mounted there at the end goes. */
export async function mountPoint(t: Teardown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "causeway-mount-"));
  t.after(async () => {
    // One mount may lie on another. Lazily, since a process that still ends may hold a file open.
    while ((await run("umount", ["-l", directory])).code === 0);
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Writes to a file until so many bytes of its file system are free; gives its path. */
export async function fillDisk(directory: string, free = 0): Promise<string> {
  const path = join(directory, "filler");
  const file = await open(path, "w");
  for (;;) {
    const { bavail, bsize } = await statfs(directory);
    const left = bavail * bsize - free;
    if (left <= 0) break;
    await file.write(Buffer.alloc(Math.min(left, 65_536)));
  }
  await file.close();
  return path;
}
