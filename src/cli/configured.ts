import { ConfigError, formatFaults } from "../config/fault.js";
import { loadConfig } from "../config/load.js";
import type { Config } from "../config/schema.js";
import { reportFailure } from "./failure.js";

/** EX_CONFIG of sysexits.h. */
const BAD_CONFIGURATION = 78;

export const configOption = {
  config: {
    type: "string",
    short: "c",
    value: "FILE",
    description: "The server's configuration file; default: $CAUSEWAY_CONFIG. Variables count, too.",
  },
} as const;

/** Runs a command's work; what is wrong with the configuration that it loads is told without a stack. */
export function reportFaults(command: string, work: () => Promise<number>): Promise<number> {
  return reportFailure(command, async () => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(`${formatFaults(error.faults)}\n`);
      return BAD_CONFIGURATION;
    }
  });
}

/** The configuration of the server that a command works for. @throws {ConfigError} */
export function configOf({ config }: { readonly config?: string }): Config {
  return loadConfig({ file: config, env: process.env }).config;
}
