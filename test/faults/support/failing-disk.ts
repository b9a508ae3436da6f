import { cp, lstat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Teardown } from "../../helpers/teardown.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";
import { mountPoint, must } from "./mount.js";

/**
 * A file system that takes itself for broken when it is told to: it becomes read-only under files that are open for
 * writing, which no mount command does, and it stays so.
 */
export class FailingDisk {
  readonly directory: string;
  readonly #device: string;

  private constructor(directory: string, device: string) {
    this.directory = directory;
    this.#device = device;
  }

  static async mount(t: Teardown): Promise<FailingDisk> {
    const home = await temporaryDirectory(t, "disk");
    const image = join(home, "image");
    await must("truncate", "-s", "16M", image);
    await must("mkfs.ext4", "-q", "-F", image);
    const directory = await mountPoint(t);
    await must("mount", "-o", "loop,errors=remount-ro", image, directory);
    return new FailingDisk(directory, basename(await must("findmnt", "-no", "SOURCE", directory)));
  }

  async fail(): Promise<void> {
    await writeFile(`/sys/fs/ext4/${this.#device}/trigger_fs_error`, "on purpose");
  }

  /** Puts a healthy file system with the same files in its place. */
  async replace(t: Teardown): Promise<void> {
    const copy = await temporaryDirectory(t, "disk");
    const isFile = async (path: string) => !(await lstat(path)).isSocket();
    await cp(this.directory, copy, { recursive: true, filter: isFile });
    await must("mount", "--bind", copy, this.directory);
  }
}

/** Why no disk can be made to fail here, or undefined when one can. */
export async function whyNoFailingDisk(): Promise<string | undefined> {
  const undo: (() => unknown)[] = [];
  try {
    await (await FailingDisk.mount({ after: (callback) => undo.unshift(callback) })).fail();
    return undefined;
  } catch (error) {
    return `cannot make a file system fail here: ${(error as Error).message}`;
  } finally {
    for (const callback of undo) await callback();
  }
}
