import { type Logger, pino } from "pino";
import type { Config } from "../config/schema.js";

/** Pretty on a terminal, JSON lines otherwise, unless the configuration says which. */
export async function createLogger({ level, format }: Config["log"]): Promise<Logger> {
  const pretty = format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!pretty) return pino(options);
  const { default: prettyStream } = await import("pino-pretty");
  return pino(
    options,
    prettyStream({ colorize: process.stdout.isTTY === true, translateTime: "HH:MM:ss", sync: true }),
  );
}
