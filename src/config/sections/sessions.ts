import { z } from "zod";
import { duration, LONGEST_EXPIRY, size } from "../units.js";

export const sessions = z
  .strictObject({
    expiry: duration({ zero: true, max: LONGEST_EXPIRY })
      .prefault("0s")
      .describe(
        "How long a kept session (clean session 0) outlives its connection; then it is removed with its subscriptions and queue. 0: for ever. After a start, clients have five minutes, or this time if it is shorter, to come back.",
      ),
    maxQueuedSize: size()
      .prefault("256MiB")
      .describe(
        "Bytes of QoS 1 and 2 messages waiting in the store for one kept session; `whenFull` says what happens at the bound.",
      ),
    whenFull: z
      .enum(["drop-oldest", "refuse-newest"])
      .default("drop-oldest")
      .describe(
        "Which message gives way when the queue of a session is full (`mqtt.maxQueuedMessages`, `mqtt.maxQueuedSize`, `sessions.maxQueuedSize`). It is counted, and the client named in the log.",
      ),
  })
  .prefault({})
  .describe("Sessions.");
