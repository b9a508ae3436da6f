import { type FileHandle, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { Failure, reasonOf } from "./failure.js";

/**
 * Changes a file as a whole: whoever reads it finds the one content or the other, also after a power cut, and two that change it do
 * so one after the other. A file that is new is for its owner alone; another keeps its owner and mode.
 */
export async function changeFile(file: string, change: (text: string) => string): Promise<void> {
  try {
    const target = await realpath(file).catch(missing(file));
    const fresh = `${target}.new`;
    const handle = await open(fresh, "wx", 0o600);
    try {
      await fill(handle, target, change);
      await rename(fresh, target);
    } catch (error) {
      await rm(fresh, { force: true });
      throw error;
    }
  } catch (error) {
    throw explained(file, error);
  }
}

async function fill(handle: FileHandle, target: string, change: (text: string) => string): Promise<void> {
  try {
    await handle.writeFile(change(await readFile(target, "utf8").catch(missing(""))));
    const before = await stat(target).catch(missing(undefined));
    if (before) {
      // Only an administrator may give a file away; for anybody else it is its own already.
      await handle.chown(before.uid, before.gid).catch(() => undefined);
      await handle.chmod(before.mode & 0o777);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function missing<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return instead;
    throw error;
  };
}

function explained(file: string, error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code === "EEXIST")
    return new Failure(
      `${path} is there: another causeway changes the file; remove it if that was broken off`,
    );
  return new Failure(`cannot write ${file}: ${reasonOf(error)}`);
}
