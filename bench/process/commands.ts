import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian keeps servers in directories that are not on everybody's path. */
const MORE_DIRECTORIES = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Where a program is, also in directories where it may be beside those of the path; undefined when it is not installed. */
export function findCommand(name: string, more: readonly string[] = []): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(delimiter), ...MORE_DIRECTORIES, ...more];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
