import { loadConfig } from "../../config/load.js";
import type { Values } from "../command.js";

export const dataOptions = {
  data: { type: "string", value: "DIR", description: "The broker's data directory (./data)." },
  config: {
    type: "string",
    short: "c",
    value: "FILE",
    description: "Configuration file that names it, unless --data does; default: $CAUSEWAY_CONFIG.",
  },
} as const;

/** @throws {ConfigError} */
export function dataDirectory({ data, config }: Values<typeof dataOptions>): string {
  // A configuration that is broken is not to keep anyone from the data.
  return data ?? loadConfig({ file: config, env: process.env }).config.data;
}
