import { defineCommand, UsageError } from "../command.js";
import { reportFaults } from "../configured.js";
import { keyFileOf, keyFileOptions, removeKey } from "./key-file.js";

export const keyRemove = defineCommand({
  name: "key remove",
  summary: "Remove an API key from the file of keys; a server that runs ends what it let in.",
  positionals: "NAME",
  options: keyFileOptions,
  examples: ["causeway key remove grafana --file keys.yaml"],
  run: (flags, [name, ...more]) =>
    reportFaults("key remove", async () => {
      if (name === undefined || more.length > 0) throw new UsageError("key remove: name one key");
      const file = keyFileOf(flags);
      await removeKey(file, name);
      process.stderr.write(`${name} is no longer in ${file}\n`);
      return 0;
    }),
});
