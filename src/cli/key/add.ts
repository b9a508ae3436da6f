import { type Scope, scopes } from "../../access/scope.js";
import { KEY_NAME, KEY_NAME_RULE } from "../../auth/keys/key-file.js";
import { hashOf, makeKey } from "../../auth/keys/key-text.js";
import { defineCommand, UsageError } from "../command.js";
import { reportFaults } from "../configured.js";
import { endAfter } from "../end.js";
import { addKey, keyFileOf, keyFileOptions } from "./key-file.js";

const MAX_USER = 255;

export const keyAdd = defineCommand({
  name: "key add",
  summary: "Make an API key, print it once, and write its hash to the file of keys.",
  positionals: "NAME",
  options: {
    scope: {
      type: "string",
      short: "s",
      multiple: true,
      value: "SCOPE",
      description: `What it may do: ${scopes.join(", ")}; may be repeated.`,
    },
    user: {
      type: "string",
      short: "u",
      value: "NAME",
      description: "The user that it stands for, whose rights apply. Without one, no rights limit it.",
    },
    expires: {
      type: "string",
      value: "TIME",
      description: "A time from now, as 90d, or a date. Default: never",
    },
    ...keyFileOptions,
  },
  examples: [
    "causeway key add grafana --scope metrics --file keys.yaml",
    "causeway key add backend --scope publish --scope read --expires 90d",
    "causeway key add sensor-7 --scope connect --user sensor-7",
  ],
  run: (flags, [name, ...more]) =>
    reportFaults("key add", async () => {
      if (name === undefined || more.length > 0) throw new UsageError("key add: give the key one name");
      if (!KEY_NAME.test(name)) throw new UsageError(`key add: give it ${KEY_NAME_RULE}`);
      const { user, expires } = flags;
      if (user === "" || (user?.length ?? 0) > MAX_USER)
        throw new UsageError(`key add: --user must be a name of at most ${MAX_USER} characters`);
      const entry = {
        name,
        scopes: scopesOf(flags.scope ?? []),
        ...(user === undefined ? {} : { user }),
        ...(expires === undefined ? {} : { expires: endOf(expires) }),
      };
      const file = keyFileOf(flags);
      const key = makeKey();
      await addKey(file, { ...entry, hash: hashOf(key) });
      process.stderr.write(`${name} is in ${file}. The key is shown this once:\n`);
      process.stdout.write(`${key}\n`);
      return 0;
    }),
});

function scopesOf(given: readonly string[]): Scope[] {
  const unknown = given.find((one) => !scopes.some((scope) => scope === one));
  if (given.length > 0 && unknown === undefined) return scopes.filter((scope) => given.includes(scope));
  const what = unknown === undefined ? "is needed: give" : `${JSON.stringify(unknown)} is none; give`;
  throw new UsageError(`key add: --scope ${what} one or more of ${scopes.join(", ")}`);
}

function endOf(text: string): string {
  const seconds = /^\d+(\.\d+)?[a-z]*$/.test(text)
    ? endAfter("key add: --expires", text)
    : Date.parse(text) / 1_000;
  const now = Date.now() / 1_000;
  if (!(/^\d/.test(text) && seconds > now))
    throw new UsageError(
      `key add: --expires must be a time or a date to come, as 90d or 2099-01-31, not ${JSON.stringify(text)}`,
    );
  return new Date(seconds * 1_000).toISOString();
}
