import type { LineFault } from "./accounts-file.js";

/** Of the faults of one file. */
const MOST_SHOWN = 10;

/** A file of accounts cannot be taken. The message names file and line, and never holds a hash. */
export class AccountsFault extends Error {
  /** What is wrong with its lines. */
  static inLines(file: string, faults: readonly LineFault[]): AccountsFault {
    const shown = faults.slice(0, MOST_SHOWN).map(({ line, message }) => `line ${line}: ${message}`);
    const more = faults.length - shown.length;
    const rest = more > 0 ? `; and ${more} more lines` : "";
    return new AccountsFault(`${JSON.stringify(file)}, ${shown.join("; ")}${rest}`);
  }

  /** Why it could not be read. */
  static inReading(file: string, { code, message }: NodeJS.ErrnoException): AccountsFault {
    const name = JSON.stringify(file);
    if (code === "ENOENT")
      return new AccountsFault(
        `${name} is no file (looked for from the working directory); causeway passwd makes one`,
      );
    if (code === "EACCES")
      return new AccountsFault(`${name} may not be read by this user; change its owner or permissions`);
    if (code === "EISDIR") return new AccountsFault(`${name} is a directory; name the file in it`);
    return new AccountsFault(`${name} cannot be read: ${message}`);
  }
}
