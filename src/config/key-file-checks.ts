import { readFileSync } from "node:fs";
import { KeyFileFault, parseKeys } from "../auth/keys/key-file.js";
import { KeyFault } from "../auth/tokens/key-fault.js";
import { parseKeyFile } from "../auth/tokens/key-file.js";
import { showValue } from "./fault.js";
import type { Config } from "./schema.js";

interface Problem {
  readonly path: string;
  readonly message: string;
}

const MAKE_ONE = "; make it: causeway key add NAME --scope SCOPE --file FILE";

/** What keeps files with keys of tokens and with API keys from being used. */
export function keyFileFaults({ tokens, keys }: Config): Problem[] {
  return [
    ...tokens.keys.flatMap((source, index) =>
      problems(`tokens.keys[${index}].file`, source.file, (text) => parseKeyFile(text, source)),
    ),
    ...(keys ? problems("keys.file", keys.file, parseKeys, MAKE_ONE) : []),
  ];
}

function problems(path: string, file: string, parse: (text: string) => unknown, whenMissing = ""): Problem[] {
  try {
    if (file.includes("-----BEGIN")) throw new KeyFault("is not the name of a file; write the text to one");
    parse(read(file, whenMissing));
    return [];
  } catch (error) {
    if (!(error instanceof KeyFault || error instanceof KeyFileFault)) throw error;
    return [{ path, message: `${showValue(file)} ${error.message}` }];
  }
}

function read(file: string, whenMissing: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const problem = error as NodeJS.ErrnoException;
    throw new KeyFault(readingProblem(problem) + (problem.code === "ENOENT" ? whenMissing : ""));
  }
}

function readingProblem({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "is no file (looked for from the working directory)";
  if (code === "EACCES") return "may not be read by this user; change its permissions";
  return code === "EISDIR" ? "is a directory; name the file in it" : `cannot be read: ${message}`;
}
