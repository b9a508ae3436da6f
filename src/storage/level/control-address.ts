import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Systems take 104 bytes or more, the end of the text included. */
const MOST_BYTES = 100;
const NAME = "socket";

export interface ControlAddress {
  /** Nobody but its owner may enter it: whoever reaches the socket may give orders. */
  readonly directory: string;
  readonly socket: string;
}

/** Where the process that owns a data directory is spoken to. The directory has to be there. */
export async function controlAddress(data: string): Promise<ControlAddress> {
  const real = await realpath(data);
  const inside = join(real, "control");
  if (Buffer.byteLength(join(inside, NAME)) <= MOST_BYTES)
    return { directory: inside, socket: join(inside, NAME) };
  const hash = createHash("sha256").update(real).digest("hex").slice(0, 16);
  const outside = join(tmpdir(), `causeway-${hash}`);
  return { directory: outside, socket: join(outside, NAME) };
}

/** Makes the directory, or takes the one that is there. @throws as `requirePrivate` does. */
export async function makePrivate(address: ControlAddress, data: string): Promise<void> {
  await mkdir(address.directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(address.directory);
  // It may have been opened to others together with all of the data.
  if (found.isDirectory() && found.uid === process.getuid?.()) await chmod(address.directory, 0o700);
  await requirePrivate(address, data);
}

/**
 * In a directory for everybody's temporary files somebody else may have been there first.
 * @throws when the directory is not that of the data's owner alone.
 */
export async function requirePrivate({ directory }: ControlAddress, data: string): Promise<void> {
  const owner = await lstat(await realpath(data));
  const found = await lstat(directory);
  const allowed = [owner.uid, process.getuid?.()];
  if (!found.isDirectory() || !allowed.includes(found.uid) || (found.mode & 0o077) !== 0)
    throw new Error(`${directory} is not a directory of the data's owner alone`);
}
