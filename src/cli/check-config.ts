import { namedFile } from "../config/environment.js";
import { ConfigError, type Fault, formatFaults } from "../config/fault.js";
import { type Loaded, loadConfig } from "../config/load.js";
import { printConfig, writeConfig } from "../config/print.js";
import { ownFileWeaknesses } from "../config/strict/own-file.js";
import { strictChecks } from "../config/strict/weaknesses.js";
import { defineCommand, type Values } from "./command.js";
import { ruleFaults } from "./rule-faults.js";

/** EX_CONFIG of sysexits.h: what `serve` exits with too. */
const BAD_CONFIGURATION = 78;

const options = {
  config: {
    type: "string",
    short: "c",
    value: "FILE",
    description: "Configuration file (YAML); default: $CAUSEWAY_CONFIG.",
  },
  strict: {
    type: "boolean",
    description: "Take settings that are weak on an open network for faults, each by name.",
  },
  json: { type: "boolean", description: "Write {valid, faults} as JSON to standard output." },
  print: { type: "boolean", description: "Write the configuration in force, defaults included." },
} as const;

export const checkConfig = defineCommand({
  name: "check-config",
  summary: "Check the configuration without starting, and say everything that is wrong with it.",
  options,
  examples: [
    "causeway check-config --config causeway.yaml",
    "causeway check-config --strict --config causeway.yaml",
    "causeway check-config --print > effective.yaml",
  ],
  async run(values) {
    const file = namedFile(values.config, process.env);
    const strict = [...strictChecks, ownFileWeaknesses(file)];
    const checks = [ruleFaults, ...(values.strict ? strict : [])];
    try {
      accept(loadConfig({ file, env: process.env, checks }), values);
      return 0;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      refuse(error.faults, values);
      return BAD_CONFIGURATION;
    }
  },
});

function accept({ config, file }: Loaded, { json, print, strict }: Values<typeof options>): void {
  const verdict = `${file ?? "the configuration (no file, defaults and environment)"} is valid${strict ? ", and no setting is weak" : ""}`;
  if (json) writeJson({ valid: true, faults: [], ...(print ? { config: writeConfig(config) } : {}) });
  else process.stdout.write(print ? `# ${verdict}\n${printConfig(config)}` : `${verdict}\n`);
}

function refuse(faults: readonly Fault[], { json }: Values<typeof options>): void {
  if (json) writeJson({ valid: false, faults });
  else process.stderr.write(`${formatFaults(faults)}\n`);
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
