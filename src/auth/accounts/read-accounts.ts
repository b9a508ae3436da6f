import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { AccountsFault } from "./accounts-fault.js";
import { type AccountTable, MOST_FILE_BYTES, parseAccounts } from "./accounts-file.js";

/** All accounts of a file; with a fault in any line, none. Rejects with `AccountsFault`. */
export async function readAccounts(file: string): Promise<AccountTable> {
  return take(
    file,
    await readFile(file).catch((error) => {
      throw AccountsFault.inReading(file, error);
    }),
  );
}

/** Why a file cannot be taken, for a check before anything runs; undefined when it can. */
export function accountsFault(file: string): string | undefined {
  try {
    take(file, readNow(file));
    return undefined;
  } catch (error) {
    if (error instanceof AccountsFault) return error.message;
    throw error;
  }
}

function readNow(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw AccountsFault.inReading(file, error as NodeJS.ErrnoException);
  }
}

function take(file: string, bytes: Buffer): AccountTable {
  if (bytes.length > MOST_FILE_BYTES)
    throw new AccountsFault(`${JSON.stringify(file)} is larger than ${MOST_FILE_BYTES / 1024 ** 2} MiB`);
  const { accounts, faults } = parseAccounts(bytes.toString("utf8"));
  if (faults.length > 0) throw AccountsFault.inLines(file, faults);
  return accounts;
}
