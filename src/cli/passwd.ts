import { accountNameFault } from "../auth/accounts/account-name.js";
import { type AccountTable, type LineFault, parseAccounts } from "../auth/accounts/accounts-file.js";
import { withAccount, withoutAccount } from "../auth/accounts/edit-accounts.js";
import { makePbkdf2 } from "../auth/accounts/pbkdf2.js";
import { makeScrypt } from "../auth/accounts/scrypt.js";
import { defineCommand, UsageError, type Values } from "./command.js";
import { Failure, reportFailure } from "./failure.js";
import { promptPassword, readPassword } from "./password-prompt.js";
import { PrivateFile } from "./private-file.js";

const formats = { scrypt: makeScrypt, mosquitto: makePbkdf2 } as const;

const options = {
  stdin: {
    type: "boolean",
    description: "Read the password from standard input, one line, instead of asking for it.",
  },
  format: {
    type: "string",
    short: "f",
    value: "FORMAT",
    description: "scrypt (default), or mosquitto: PBKDF2-SHA512 ($7$), which Mosquitto can read too.",
  },
  check: { type: "boolean", description: "Say whether a password is the right one: exit code 0 or 1." },
  delete: { type: "boolean", short: "D", description: "Remove the account." },
  list: { type: "boolean", short: "l", description: "List the accounts and how their passwords are kept." },
} as const;

export const passwd = defineCommand({
  name: "passwd",
  summary: "Set the password of an account in a file of accounts, which is made when there is none.",
  positionals: "FILE [NAME]",
  options,
  examples: [
    "causeway passwd accounts.txt sensor-7",
    "(umask 077; openssl rand -hex 16 | tee password | causeway passwd accounts.txt sensor-7 --stdin)",
    "causeway passwd accounts.txt sensor-7 --delete",
    "causeway passwd accounts.txt --list",
  ],
  async run(values, [file, name, ...rest]) {
    if (file === undefined) throw new UsageError("passwd: name the file of accounts");
    if (rest.length > 0)
      throw new UsageError(
        "passwd: give FILE and NAME only; the password is asked for, or read with --stdin",
      );
    return reportFailure("passwd", () => act(values, new PrivateFile(file), file, name));
  },
});

function act(values: Values<typeof options>, file: PrivateFile, fileName: string, name: string | undefined) {
  const { list, check, delete: remove, stdin = false, format = "scrypt" } = values;
  if ([list, check, remove].filter(Boolean).length > 1)
    throw new UsageError("passwd: --list, --check and --delete exclude each other");
  if (list) return listAccounts(file, fileName);
  if (name === undefined) throw new UsageError("passwd: name the account");
  const fault = accountNameFault(name);
  if (fault) throw new UsageError(`passwd: ${JSON.stringify(name)} is no name for an account: ${fault}`);
  if (remove) return removeAccount(file, fileName, name);
  if (check) return checkPassword(file, fileName, name, stdin);
  if (!isFormat(format))
    throw new UsageError(`passwd: --format ${JSON.stringify(format)} is none of: scrypt, mosquitto`);
  return setPassword(file, fileName, name, stdin, formats[format]);
}

async function setPassword(
  file: PrivateFile,
  fileName: string,
  name: string,
  stdin: boolean,
  make: (password: string) => Promise<string>,
): Promise<number> {
  const hash = await make(await passwordFrom(stdin, true));
  const before = await file.read();
  const isNew = withoutAccount(before ?? "", name) === undefined;
  const text = withAccount(before ?? "", name, hash);
  await file.write(text);
  if (before === undefined) process.stdout.write(`Made ${fileName}\n`);
  process.stdout.write(isNew ? `Added ${name}\n` : `Changed the password of ${name}\n`);
  tellFaults(fileName, parseAccounts(text).faults);
  return 0;
}

async function removeAccount(file: PrivateFile, fileName: string, name: string): Promise<number> {
  const rest = withoutAccount(await textOf(file, fileName), name);
  if (rest === undefined) throw new Failure(`${fileName} has no account ${JSON.stringify(name)}`);
  await file.write(rest);
  process.stdout.write(`Removed ${name}\n`);
  return 0;
}

async function checkPassword(
  file: PrivateFile,
  fileName: string,
  name: string,
  stdin: boolean,
): Promise<number> {
  const hash = (await accountsOf(file, fileName)).get(name);
  if (!hash) throw new Failure(`${fileName} has no account ${JSON.stringify(name)}`);
  const isRight = await hash.matches(await passwordFrom(stdin, false));
  process.stdout.write(isRight ? "The password is right\n" : "The password is wrong\n");
  return isRight ? 0 : 1;
}

async function listAccounts(file: PrivateFile, fileName: string): Promise<number> {
  const accounts = await accountsOf(file, fileName);
  for (const [name, { scheme }] of accounts) process.stdout.write(`${name}\t${scheme}\n`);
  return 0;
}

async function accountsOf(file: PrivateFile, fileName: string): Promise<AccountTable> {
  const { accounts, faults } = parseAccounts(await textOf(file, fileName));
  tellFaults(fileName, faults);
  if (faults.length > 0) throw new Failure(`${fileName} cannot be used by the server as it is`);
  return accounts;
}

/** A server takes no file with a fault in it. */
function tellFaults(fileName: string, faults: readonly LineFault[]): void {
  for (const { line, message } of faults)
    process.stderr.write(`causeway: passwd: ${fileName}, line ${line}: ${message}\n`);
}

async function textOf(file: PrivateFile, fileName: string): Promise<string> {
  const text = await file.read();
  if (text === undefined) throw new Failure(`${fileName} is no file`);
  return text;
}

async function passwordFrom(stdin: boolean, isNew: boolean): Promise<string> {
  if (stdin) return readPassword();
  if (process.stdin.isTTY !== true)
    throw new Failure("standard input is no terminal to ask for the password at; give it with --stdin");
  return promptPassword(isNew);
}

function isFormat(text: string): text is keyof typeof formats {
  return Object.hasOwn(formats, text);
}
