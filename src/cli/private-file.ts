import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { chown, type FileHandle, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, reasonOf } from "./failure.js";

/** A file with secrets, which is replaced as a whole: whoever reads it sees the old text or the new one. */
export class PrivateFile {
  readonly #name: string;
  /** What it looked like when it was read. */
  #seen = "";

  constructor(name: string) {
    this.#name = name;
  }

  /** Undefined when there is no such file. */
  async read(): Promise<string | undefined> {
    const bytes = await this.#bytes();
    // What is no UTF-8 would not come out again as it was.
    if (bytes && !isUtf8(bytes)) throw new Failure(`${this.#name} is not text in UTF-8`);
    return bytes?.toString("utf8");
  }

  /** Only its owner may read it from now on, and its group if that could before. */
  async write(text: string): Promise<void> {
    try {
      await this.#replace(text);
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(`${this.#name} cannot be written: ${reasonOf(error)}`);
    }
  }

  async #bytes(): Promise<Buffer | undefined> {
    try {
      this.#seen = await lookOf(this.#name);
      return await readFile(this.#name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new Failure(`${this.#name} cannot be read: ${reasonOf(error)}`);
    }
  }

  async #replace(text: string): Promise<void> {
    // A link stays one: what it points at is replaced.
    const target = await realpath(this.#name).catch(() => this.#name);
    const before = await stat(target).catch(() => undefined);
    const next = `${target}.${randomBytes(6).toString("hex")}.new`;
    const file = await open(next, "wx", 0o600);
    try {
      await fill(file, text);
      if (before) await keepOwner(next, file, before);
      await file.close();
      if ((await lookOf(target)) !== this.#seen)
        throw new Failure(`${this.#name} was changed by somebody else in the meantime; try again`);
      await rename(next, target);
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(next, { force: true });
      throw error;
    }
    await sync(dirname(target));
  }
}

async function fill(file: FileHandle, text: string): Promise<void> {
  await file.writeFile(text);
  await file.sync();
}

/** Whoever runs the server must still be able to read it, also when somebody else changes it. */
async function keepOwner(
  name: string,
  file: FileHandle,
  { uid, gid, mode }: Awaited<ReturnType<typeof stat>>,
) {
  const owned = await chown(name, Number(uid), Number(gid)).then(
    () => true,
    () => false,
  );
  if (owned) await file.chmod(0o600 | (Number(mode) & 0o040));
}

/** So that the new name survives a power cut, where directories can be synced. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Empty when there is no such file. */
async function lookOf(name: string): Promise<string> {
  const found = await stat(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : "";
}
