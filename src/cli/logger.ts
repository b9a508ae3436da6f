import { type Logger, pino } from "pino";
import type { Config } from "../config/schema.js";

/** Whether a person reads the log: what the configuration says, else whether it goes to a terminal. */
export function isPretty({ format }: Config["log"]): boolean {
  return format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
}

/** Pretty for a person, JSON lines for a program. */
export async function createLogger(config: Config["log"]): Promise<Logger> {
  const options = { level: config.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!isPretty(config)) return pino(options);
  const { default: prettyStream } = await import("pino-pretty");
  const colorize = process.stdout.isTTY === true;
  return pino(
    options,
    prettyStream({ colorize, translateTime: "SYS:HH:MM:ss", ignore: "pid", singleLine: true, sync: true }),
  );
}
