import { readFile } from "node:fs/promises";
import { parseDocument, YAMLSeq } from "yaml";
import { type KeyEntry, KeyFileFault, parseKeys } from "../../auth/keys/key-file.js";
import { changeFile } from "../changed-file.js";
import type { Values } from "../command.js";
import { configOf, configOption } from "../configured.js";
import { Failure, reasonOf } from "../failure.js";

export const keyFileOptions = {
  file: { type: "string", short: "f", value: "FILE", description: "File of keys. Default: keys.file" },
  ...configOption,
} as const;

const HEADING =
  " API keys of Causeway: causeway key add NAME --scope SCOPE makes one. Of each there is only a hash here.";

/** @throws {ConfigError} */
export function keyFileOf(flags: Values<typeof keyFileOptions>): string {
  if (flags.file !== undefined) return flags.file;
  const file = configOf(flags).keys?.file;
  if (file === undefined) throw new Failure("there is no file of keys: give --file FILE, or set keys.file");
  return file;
}

export async function readKeys(file: string): Promise<readonly KeyEntry[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${reasonOf(error)}`);
  }
  return parse(file, text);
}

export function addKey(file: string, entry: KeyEntry): Promise<void> {
  return changeFile(file, (text) => {
    if (parse(file, text).some(({ name }) => name === entry.name))
      throw new Failure(
        `${file} has a key of the name ${entry.name} already; remove it first, or take another name`,
      );
    const document = parseDocument(text, { logLevel: "error" });
    if (!(document.contents instanceof YAMLSeq)) {
      document.contents = document.createNode([]) as unknown as typeof document.contents;
      if (text === "") document.commentBefore = HEADING;
    }
    document.add(document.createNode(entry));
    if (document.contents instanceof YAMLSeq) document.contents.flow = false;
    return checked(file, document.toString());
  });
}

export function removeKey(file: string, name: string): Promise<void> {
  return changeFile(file, (text) => {
    const index = parse(file, text).findIndex((entry) => entry.name === name);
    if (index === -1) throw new Failure(`${file} has no key of the name ${JSON.stringify(name)}`);
    const document = parseDocument(text, { logLevel: "error" });
    document.deleteIn([index]);
    return checked(file, document.toString());
  });
}

/** A file that the server would not take is not written. */
function checked(file: string, text: string): string {
  parse(file, text);
  return text;
}

function parse(file: string, text: string): readonly KeyEntry[] {
  try {
    return parseKeys(text);
  } catch (error) {
    if (!(error instanceof KeyFileFault)) throw error;
    throw new Failure(`${file} ${error.message}`);
  }
}
