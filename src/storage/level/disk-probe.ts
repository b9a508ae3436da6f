import { open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

/** LevelDB leaves alone what it does not know. */
const FILE = "causeway-probe";
const FILE_BYTES = 64 * 1_024;
const SPARE_BYTES = 1_024 * 1_024;

/** Whether the disk takes and keeps data. @throws the error of the operating system when it does not. */
export async function probeDisk(directory: string): Promise<void> {
  const path = join(directory, FILE);
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(Buffer.alloc(FILE_BYTES, 1));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true }).catch(() => undefined); // the error before says more
  }
  await requireSpace(directory);
}

/** A database that is opened writes what is in its logs into tables, and it is not to run into the same wall at once. */
async function requireSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const needed = SPARE_BYTES + (await bytesOfLogs(directory));
  if (bavail * bsize >= needed) return;
  const message = `${bavail * bsize} bytes are free and ${needed} are needed`;
  throw Object.assign(new Error(`ENOSPC: no space left on device: ${message}`), { code: "ENOSPC" });
}

async function bytesOfLogs(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory))
    if (name.endsWith(".log")) bytes += (await stat(join(directory, name))).size;
  return bytes;
}

interface Fault {
  readonly codes: readonly string[];
  /** How the operating system or LevelDB puts it, where there is no code. */
  readonly text: RegExp;
  explain(directory: string): string;
}

const FAULTS: readonly Fault[] = [
  {
    codes: ["ENOSPC"],
    text: /no space left on device/i,
    explain: (directory) =>
      `the disk is full: the file system of the data directory ${directory} has no space left; delete files on it or make it larger ("df -h" and "df -i" show what is used)`,
  },
  {
    codes: ["EDQUOT"],
    text: /quota exceeded/i,
    explain: (directory) =>
      `the disk quota is used up on the file system of the data directory ${directory}: delete files, or raise the quota of the user that runs the broker`,
  },
  {
    codes: ["EROFS"],
    text: /read-only file system/i,
    explain: (directory) =>
      `the file system of the data directory ${directory} is read-only: mount it writable; if it became read-only by itself, the disk has failed ("dmesg" tells), so check it first`,
  },
  {
    codes: ["EIO"],
    text: /input\/output error/i,
    explain: (directory) =>
      `the disk of the data directory ${directory} fails to read or write ("dmesg" tells more): save the data to another disk, and name a directory there with --data`,
  },
  {
    codes: ["EACCES", "EPERM"],
    text: /permission denied|operation not permitted/i,
    explain: (directory) =>
      `the user that runs the broker may not write to the data directory ${directory} or to a file in it: give that user all of them with "chown -R"`,
  },
  {
    codes: ["EMFILE", "ENFILE"],
    text: /too many open files/i,
    explain: (directory) =>
      `too many files are open for the data directory ${directory} to be used: raise the limit ("ulimit -n", or LimitNOFILE of a systemd service)`,
  },
  {
    codes: ["ENOENT", "ENOTDIR"],
    text: /no such file or directory|not a directory/i,
    explain: (directory) =>
      `the data directory ${directory}, or a file in it, is gone: put it back, or mount the file system that it is on`,
  },
  {
    codes: ["LEVEL_CORRUPTION"],
    text: /corruption: /i,
    explain: (directory) =>
      `a file in the data directory ${directory} is damaged: stop the broker, make a copy of the directory, then run "causeway store check" and "causeway store repair", or restore a backup`,
  },
];

/** One line for a person: what is wrong with the directory and what to do. */
export function explainFault(directory: string, error: unknown): string {
  const chain = causes(error);
  const fault = FAULTS.find(
    ({ codes, text }) =>
      chain.some(({ code }) => codes.includes(code)) || chain.some(({ message }) => text.test(message)),
  );
  const what = fault?.explain(directory) ?? `the data directory ${directory} cannot be written`;
  const detail = chain.at(-1)?.message.replace(/\s+/g, " ").trim();
  return detail ? `${what} (${detail})` : what;
}

/** An error and what caused it, outermost first. */
function causes(error: unknown): { code: string; message: string }[] {
  const chain: { code: string; message: string }[] = [];
  let rest = error;
  while (rest instanceof Error && chain.length < 10) {
    const { code } = rest as NodeJS.ErrnoException;
    chain.push({ code: code ?? "", message: rest.message });
    rest = rest.cause;
  }
  return chain;
}
