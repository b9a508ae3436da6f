import { z } from "zod";
import { duration, size } from "../units.js";

/** The most that an MQTT packet can say it holds [MQTT-2.2.3], rounded up. */
const LARGEST_PACKET = 256 * 1024 ** 2;

export const mqtt = z
  .strictObject({
    connectTimeout: duration().prefault("10s").describe("Time for a new connection to send a whole CONNECT."),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe("Connections over all MQTT listeners."),
    maxSessions: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe("Sessions that outlive their connection (clean session 0); a new one over it is refused."),
    maxRetained: z
      .int()
      .min(0)
      .max(100_000_000)
      .default(1_000_000)
      .describe(
        "Retained messages; at the bound a message of a new topic is delivered, but not retained, and counted. Each takes 11 to 22 bytes of memory, and its size on the disk.",
      ),
    maxPacketSize: size({ max: LARGEST_PACKET })
      .prefault("1MiB")
      .describe("Largest MQTT packet accepted; a larger one closes its connection."),
    maxOutboxSize: size()
      .prefault("4MiB")
      .describe(
        "Bytes waiting for a client that reads slowly. Over it QoS 0 is dropped and counted, QoS 1 and 2 wait.",
      ),
    maxInflight: z
      .int()
      .min(1)
      .max(65_535)
      .default(100)
      .describe("QoS 1 and 2 messages sent to a client and not yet acknowledged."),
    maxSubscriptions: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(10_000)
      .describe("Topic filters of one client; a subscription over it is refused in SUBACK."),
    maxQueuedSize: size()
      .prefault("16MiB")
      .describe(
        "Bytes of QoS 1 and 2 messages waiting in memory for one client whose session is clean; `sessions.whenFull` says what happens at the bound.",
      ),
    maxQueuedMessages: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(10_000)
      .describe(
        "QoS 1 and 2 messages waiting for one session; `sessions.whenFull` says what happens at the bound.",
      ),
    drainTimeout: duration()
      .prefault("30s")
      .describe("A client that reads nothing of a full outbox for this long is closed."),
  })
  .prefault({})
  .describe("The MQTT broker and its limits.");
