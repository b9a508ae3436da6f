import { z } from "zod";
import { duration } from "../units.js";

export const drain = z
  .strictObject({
    window: duration({ zero: true })
      .prefault("5s")
      .describe(
        "Time over which channel sessions are told to reconnect when the server is stopped, in random order, so that they do not all come back at once. A session takes 5 ms of it at most: with few of them it is over sooner. Must be shorter than `shutdownTimeout`; 0 tells all of them at once.",
      ),
  })
  .prefault({})
  .describe("Stopping without a stampede.");
