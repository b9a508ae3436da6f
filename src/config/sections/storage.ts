import { z } from "zod";
import { duration } from "../units.js";

export const storage = z
  .strictObject({
    timeout: duration()
      .prefault("10s")
      .describe(
        "How long a client's messages may wait to be stored while the store takes none, as on a full disk; then it is closed.",
      ),
    syncInterval: duration()
      .prefault("1s")
      .describe("Longest time between two syncs with `durability: interval`."),
  })
  .prefault({})
  .describe("The embedded store.");
