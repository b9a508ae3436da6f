import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A piece of a secret that is this long is found by nobody by chance. */
const FRAGMENT = 12;
/** What comes between two fragments. */
const STEP = 4;

/** Texts that must be found nowhere, not in part either. */
export class Secrets {
  readonly #fragments = new Map<string, string>();

  /** A new one. */
  make(what: string): string {
    return this.add(what, randomBytes(24).toString("hex"));
  }

  /** One that came about elsewhere. Gives it back. */
  add(what: string, secret: string): string {
    for (let at = 0; at + FRAGMENT <= secret.length; at += STEP)
      this.#fragments.set(secret.slice(at, at + FRAGMENT), what);
    return secret;
  }

  /** A token: its head is the same in all, and its claims are no secret; who has the signature has the token. */
  addToken(what: string, token: string): string {
    this.add(what, token.split(".").at(-1) ?? "");
    return token;
  }

  /** Which secrets show in a text, with what is around them. */
  shownIn(text: string): string[] {
    const shown: string[] = [];
    for (const [fragment, what] of this.#fragments) {
      const at = text.indexOf(fragment);
      if (at !== -1) shown.push(`${what}: ...${text.slice(Math.max(0, at - 60), at + FRAGMENT + 20)}...`);
    }
    return shown;
  }

  /** The same of every file below a directory, whatever it is. */
  async shownBelow(directory: string): Promise<string[]> {
    const entries = await readdir(directory, { withFileTypes: true, recursive: true });
    const shown: string[] = [];
    for (const entry of entries.filter((one) => one.isFile())) {
      const name = join(entry.parentPath, entry.name);
      shown.push(...this.shownIn(await readFile(name, "latin1")).map((what) => `${name}: ${what}`));
    }
    return shown;
  }
}
