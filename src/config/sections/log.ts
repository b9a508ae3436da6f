import { z } from "zod";

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

export const log = z
  .strictObject({
    level: z.enum(logLevels).default("info").describe("Least severe level that is logged."),
    format: z
      .enum(["auto", "json", "pretty"])
      .default("auto")
      .describe("`auto` is pretty on a terminal and JSON lines otherwise."),
  })
  .prefault({})
  .describe("Logging. Payloads and secrets are never logged.");
