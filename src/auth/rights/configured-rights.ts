import { readFile } from "node:fs/promises";
import type { WatchedFiles } from "../../files/watched-files.js";
import { parseAcl } from "./acl-file.js";
import { ConfiguredRules } from "./configured.js";
import { RightsEngine } from "./engine.js";
import type { ReadRightsFile, RightsFile, RightsOptions } from "./options.js";
import type { Rule } from "./rule.js";
import { ScopeBook } from "./scope-book.js";

/** Rights by the section `rights` and the files that it names, which join: a denial in one wins over what another allows. */
export class ConfiguredRights {
  readonly engine = new RightsEngine();
  #options: RightsOptions;
  readonly #readRightsFile: ReadRightsFile;
  #file: RightsFile | undefined;
  #acl: readonly Rule[] = [];
  #isLoaded = false;

  constructor(options: RightsOptions, readRightsFile: ReadRightsFile) {
    this.#options = options;
    this.#readRightsFile = readRightsFile;
    // Until the files are read nothing is allowed.
    this.engine.use([], new ScopeBook([]));
  }

  /** Reads the files, and again when they change; then `changed` is told. Rejects when they cannot be taken now. */
  async watch(files: WatchedFiles, changed: () => void): Promise<void> {
    for (const [what, name, read] of this.#sources())
      await files.watch({
        what,
        names: [name],
        load: async () => {
          await read();
          if (!this.#isLoaded) return;
          this.#use();
          changed();
        },
      });
    this.#start();
  }

  /** Takes the rules and scopes of a section that was read again. False when it names other files, which it does not take. */
  reconfigure(options: RightsOptions): boolean {
    const { file, aclFile } = this.#options;
    if (options.file !== file || options.aclFile !== aclFile) return false;
    this.#options = options;
    this.#use();
    return true;
  }

  /** Reads the files once. */
  async load(): Promise<void> {
    for (const [, , read] of this.#sources()) await read();
    this.#start();
  }

  #sources(): [what: string, name: string, read: () => Promise<void>][] {
    const { file, aclFile } = this.#options;
    const sources: [string, string, () => Promise<void>][] = [];
    if (file !== undefined)
      sources.push([
        "rights.file",
        file,
        async () => {
          this.#file = this.#readRightsFile(file);
        },
      ]);
    if (aclFile !== undefined)
      sources.push([
        "rights.aclFile",
        aclFile,
        async () => {
          this.#acl = parseAcl(await readFile(aclFile, "utf8"), aclFile);
        },
      ]);
    return sources;
  }

  #start(): void {
    this.#isLoaded = true;
    this.#use();
  }

  #use(): void {
    const configured = new ConfiguredRules();
    const { rules, scopes } = this.#options;
    const file = this.#file;
    this.engine.use(
      [
        ...rules.map((rule, index) => configured.rule(rule, `rights.rules[${index}]`)),
        ...(file?.rules ?? []).map((rule, index) =>
          configured.rule(rule, file?.locate(["rules", index]) ?? ""),
        ),
        ...this.#acl,
      ],
      new ScopeBook([...scopes, ...(file?.scopes ?? [])]),
    );
  }
}
