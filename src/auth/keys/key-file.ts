import { parse } from "yaml";
import { z } from "zod";
import { scopes } from "../../access/scope.js";

/** All of them are in memory. */
const MAX_KEYS = 10_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
const MAX_USER = 255;

/** Names are in logs and in lists, on one line. Without `#`, after which the log says more of a key. */
export const KEY_NAME = /^[^\p{C}\p{Z}#]([^\p{C}#]{0,62}[^\p{C}\p{Z}#])?$/u;
export const KEY_NAME_RULE = "a name of 1 to 64 characters, without # and without spaces around it";

const HASH_RULE = "a hash, as causeway key writes it";

const entry = z.strictObject({
  name: z.string({ error: KEY_NAME_RULE }).regex(KEY_NAME, { error: KEY_NAME_RULE }),
  hash: z.string({ error: HASH_RULE }).regex(/^sha256:[A-Za-z0-9_-]{43}$/, { error: HASH_RULE }),
  scopes: z.array(z.enum(scopes), { error: `a list of ${scopes.join(", ")}` }).min(1),
  user: z.string().max(MAX_USER).optional(),
  expires: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], {
      error: "a date such as 2027-01-31 or 2027-01-31T12:00:00Z",
    })
    .optional(),
});

const list = z
  .array(entry, { error: "the file is to hold a list of keys" })
  .max(MAX_KEYS, { error: `it holds more than ${MAX_KEYS} keys` });

/** A key as a file holds it. */
export type KeyEntry = z.output<typeof entry>;

/** Why a file of keys cannot be taken, as the end of a sentence that begins with its name. Never holds a hash. */
export class KeyFileFault extends Error {}

/** @throws {KeyFileFault} */
export function parseKeys(text: string): readonly KeyEntry[] {
  if (text.length > MAX_CHARACTERS) throw new KeyFileFault("is too large for a file of API keys");
  const { data, error } = list.safeParse(parseYaml(text) ?? []);
  const [issue] = error?.issues ?? [];
  if (issue) throw new KeyFileFault(`cannot be taken: ${describe(issue)}`);
  const keys = data ?? [];
  refuseTwice(keys, "name");
  refuseTwice(keys, "hash");
  return keys;
}

function parseYaml(text: string): unknown {
  try {
    // Its warnings would go to standard error, and quote the file as well.
    return parse(text, { schema: "core", maxAliasCount: 0, logLevel: "error" });
  } catch {
    // What the parser says quotes lines of the file.
    throw new KeyFileFault("is not valid YAML");
  }
}

function describe({ path, message }: z.core.$ZodIssue): string {
  const [index, ...rest] = path;
  if (index === undefined) return message;
  return `key ${Number(index) + 1}${rest.length > 0 ? `, ${rest.join(".")}` : ""}: ${message}`;
}

function refuseTwice(keys: readonly KeyEntry[], member: "name" | "hash"): void {
  const seen = new Map<string, string>();
  for (const key of keys) {
    const other = seen.get(key[member]);
    if (other !== undefined)
      throw new KeyFileFault(
        member === "name"
          ? `has two keys of the name ${key.name}`
          : `has the same key twice: ${other}, ${key.name}`,
      );
    seen.set(key[member], key.name);
  }
}
