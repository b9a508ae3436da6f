import { accountNameFault } from "./account-name.js";
import { HashFault } from "./hash-fault.js";
import { parseHash } from "./hash-formats.js";
import type { PasswordHash } from "./password-hash.js";

/** Accounts by name. */
export type AccountTable = ReadonlyMap<string, PasswordHash>;

/** What is wrong with one line. It never holds the hash, nor a line without a name: that may be a password. */
export interface LineFault {
  readonly line: number;
  readonly message: string;
}

/** Longer files are a mistake: this is half a million accounts. */
export const MOST_FILE_BYTES = 64 * 1024 ** 2;
/** Of a name, in messages. */
const MOST_SHOWN = 64;

/** One line of the file: a comment or an empty line has no name. */
export function nameIn(line: string): string | undefined {
  if (line.startsWith("#") || line.trim() === "") return undefined;
  const colon = line.indexOf(":");
  return colon === -1 ? undefined : line.slice(0, colon).trim();
}

/** `NAME:HASH` a line, as Mosquitto has it; comments begin with `#`. */
export function parseAccounts(text: string): { accounts: AccountTable; faults: readonly LineFault[] } {
  const accounts = new Map<string, PasswordHash>();
  const lines = new Map<string, number>();
  const faults: LineFault[] = [];
  for (const [index, whole] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const line = index + 1;
    if (whole.startsWith("#") || whole.trim() === "") continue;
    const name = nameIn(whole);
    const fault = nameFault(name, lines);
    if (name !== undefined) lines.set(name, lines.get(name) ?? line);
    if (name === undefined || fault !== undefined) faults.push({ line, message: fault ?? "" });
    else {
      const hash = parseLine(whole);
      if (hash instanceof HashFault) faults.push({ line, message: `${shown(name)}: ${hash.message}` });
      else accounts.set(name, hash);
    }
  }
  return { accounts, faults };
}

function nameFault(name: string | undefined, lines: ReadonlyMap<string, number>): string | undefined {
  if (name === undefined) return "there is no colon; each line is NAME:HASH";
  const fault = accountNameFault(name);
  if (fault) return `${shown(name)} is no name for an account: ${fault}`;
  const earlier = lines.get(name);
  return earlier === undefined
    ? undefined
    : `${shown(name)} is in line ${earlier} already; remove one of them`;
}

function parseLine(line: string): PasswordHash | HashFault {
  try {
    return parseHash(line.slice(line.indexOf(":") + 1).trim());
  } catch (error) {
    if (error instanceof HashFault) return error;
    throw error;
  }
}

function shown(name: string): string {
  return JSON.stringify(name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN)}…` : name);
}
