import { z } from "zod";
import { duration } from "../units.js";

const MONTH = 31 * 86_400_000;

export const login = z
  .strictObject({
    lifetime: duration({ max: MONTH })
      .prefault("12h")
      .describe("How long a login on the dashboard holds. It ends when the server restarts, too."),
    maxSessions: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe("Logins at a time; at the bound the oldest one ends."),
  })
  .prefault({})
  .describe("Login on the dashboard, with a name and password of `accounts`.");
