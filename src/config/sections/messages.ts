import { z } from "zod";
import { duration, LONGEST_EXPIRY } from "../units.js";

export const messages = z
  .strictObject({
    expiry: duration({ zero: true, max: LONGEST_EXPIRY })
      .prefault("0s")
      .describe(
        "How long a message waits for the client of a kept session, and how long one stays retained. 0: for ever.",
      ),
  })
  .prefault({})
  .describe("Messages that are stored.");
