import type { WatchedFiles } from "../../files/watched-files.js";
import { Accounts, type AccountsOptions } from "./accounts.js";
import { readAccounts } from "./read-accounts.js";

/** The accounts of a file, now and whenever it changes. Rejects when the file cannot be taken now. */
export async function openAccounts(
  options: AccountsOptions,
  file: string,
  files: WatchedFiles,
  changed: () => void,
): Promise<Accounts> {
  const accounts = new Accounts(options);
  let isOpen = false;
  const load = async () => {
    accounts.replace(await readAccounts(file));
    if (isOpen) changed();
  };
  await files.watch({ what: "accounts", names: [file], load });
  isOpen = true;
  return accounts;
}
