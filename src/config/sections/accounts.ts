import { z } from "zod";
import { file } from "../file-name.js";
import { duration } from "../units.js";

const HOUR = 3_600_000;

export const accounts = z
  .strictObject({
    file: file(
      "Names and passwords, one `NAME:HASH` a line: a file of `mosquitto_passwd`, or of `causeway passwd`. Read again when it changes.",
    ),
    backoff: z
      .strictObject({
        failures: z
          .int()
          .min(1)
          .max(10_000)
          .default(10)
          .describe(
            "Failed attempts of one address, or at one user name from one address, after which the next ones are refused unseen for a while.",
          ),
        first: duration({ max: HOUR })
          .prefault("1s")
          .describe("How long that is at first; it doubles with each failure."),
        longest: duration({ max: 24 * HOUR })
          .prefault("5m")
          .describe("The longest that it becomes."),
      })
      .prefault({})
      .describe("What guessing passwords, tokens or keys leads to."),
  })
  .optional()
  .describe("Accounts of clients: names and passwords.");
