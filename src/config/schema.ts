import { z } from "zod";
import { address } from "./address.js";
import { duration, size } from "./units.js";

/*
 * The one description of the configuration. Types, defaults, environment names, the JSON Schema for editors and
 * docs/reference/configuration.md are made from it, so a key is added here and nowhere else.
 */

/** The most that an MQTT packet can say it holds [MQTT-2.2.3], rounded up. */
const LARGEST_PACKET = 256 * 1024 ** 2;

/** Ten years: longer is for ever. */
const LONGEST_EXPIRY = 3_650 * 86_400_000;

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const listen = z
  .strictObject({
    mqtt: address().prefault("127.0.0.1:1883").describe("MQTT over TCP."),
    mqtts: address()
      .prefault("127.0.0.1:8883")
      .describe("MQTT over TLS. Opened when `tls` names a certificate."),
    http: address()
      .prefault("127.0.0.1:8080")
      .describe(
        "HTTP: dashboard, channels, MQTT over WebSocket, health, metrics. HTTPS when `tls` names a certificate.",
      ),
  })
  .prefault({})
  .describe("Where the server listens.");

const tls = z
  .strictObject({
    cert: z
      .string()
      .min(1)
      .describe(
        "PEM file with the certificate, followed by any intermediate ones. Relative to the working directory.",
      ),
    key: z.string().min(1).describe("PEM file with the private key of the certificate, not encrypted."),
    http: z.boolean().default(true).describe("Use the certificate on the HTTP listener too (HTTPS and WSS)."),
  })
  .optional()
  .describe("Certificate for MQTT over TLS, HTTPS and WSS. `causeway cert` makes one for development.");

const log = z
  .strictObject({
    level: z.enum(logLevels).default("info").describe("Least severe level that is logged."),
    format: z
      .enum(["auto", "json", "pretty"])
      .default("auto")
      .describe("`auto` is pretty on a terminal and JSON lines otherwise."),
  })
  .prefault({})
  .describe("Logging. Payloads and secrets are never logged.");

const mqtt = z
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

const sessions = z
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

const messages = z
  .strictObject({
    expiry: duration({ zero: true, max: LONGEST_EXPIRY })
      .prefault("0s")
      .describe(
        "How long a message waits for the client of a kept session, and how long one stays retained. 0: for ever.",
      ),
  })
  .prefault({})
  .describe("Messages that are stored.");

const storage = z
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

const channelName = z
  .string()
  .min(1)
  .max(255)
  .describe("Channel name; `{name}` captures one topic level, `{name...}` the rest of the topic.");

const rule = z.strictObject({
  channel: channelName,
  topics: z
    .array(z.string().min(1))
    .min(1)
    .describe("MQTT topic filters that feed the channel; captures stand for levels."),
  publish: z
    .strictObject({
      topic: z
        .string()
        .min(1)
        .describe("Topic that a publication from a browser is published to; captures are filled in."),
      qos: z
        .union([z.literal(0), z.literal(1), z.literal(2)])
        .default(0)
        .describe("QoS of that message."),
      retain: z.boolean().default(false).describe("Whether that message is retained."),
    })
    .optional()
    .describe("Lets subscribers publish. Without it the channel is read-only."),
  snapshot: z.boolean().default(false).describe("Send the last value of every topic on subscribe."),
});

const bridge = z
  .strictObject({
    channels: z.array(rule).default([]).describe("Rules between MQTT topics and channels."),
    mqttChannels: z
      .boolean()
      .optional()
      .describe(
        "Serve every topic filter as the channel `mqtt:FILTER`, readable and writable. Default: on while every listener is on loopback.",
      ),
    maxTopics: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(10_000)
      .describe(
        "Last values kept per channel; at the bound the least recently updated is dropped and counted.",
      ),
    linger: duration({ zero: true })
      .prefault("60s")
      .describe("How long a channel keeps its subscription and last values after its last subscriber left."),
  })
  .prefault({})
  .describe("The bridge between topics and channels.");

const gateway = z
  .strictObject({
    connectTimeout: duration()
      .prefault("10s")
      .describe("Time for a new session to send its connect command."),
    pingInterval: duration().prefault("25s").describe("Interval of the server's pings."),
    pongTimeout: duration()
      .prefault("8s")
      .describe("Time for a client to answer a ping; must be shorter than the interval."),
    maxSessions: z.int().min(1).max(1_000_000).default(10_000).describe("Channel sessions at a time."),
    maxChannels: z.int().min(1).max(100_000).default(128).describe("Subscriptions of one session."),
    maxFrameSize: size().prefault("64KiB").describe("Largest frame accepted from a client."),
    maxOutboxSize: size()
      .prefault("1MiB")
      .describe("Bytes waiting for a slow session; over it the session is closed with code 3008."),
  })
  .prefault({})
  .describe("Sessions of the channel protocol.");

export const schema = z
  .strictObject({
    data: z.string().min(1).default("./data").describe("Directory of everything that survives a restart."),
    allowAnonymous: z
      .boolean()
      .optional()
      .describe("Let clients in without credentials. Default: only while every listener is on loopback."),
    durability: z
      .enum(["always", "interval", "os"])
      .default("always")
      .describe(
        "What an acknowledgement of QoS 1 or 2 promises of what must be kept: `always`, it is on the disk; `interval`, it is there within `storage.syncInterval`; `os`, the operating system has it and writes it when it likes.",
      ),
    storage,
    sessions,
    messages,
    listen,
    tls,
    log,
    mqtt,
    bridge,
    gateway,
    shutdownTimeout: duration({ zero: true })
      .prefault("10s")
      .describe("Longest time that draining on SIGTERM or SIGINT may take."),
  })
  .describe("Causeway configuration");

/** The configuration after parsing: every default filled in, durations in ms, sizes in bytes. */
export type Config = z.output<typeof schema>;
/** What a file, the environment or flags may hold. */
export type ConfigInput = z.input<typeof schema>;
/** One rule between topics and channels. */
export type ChannelRule = Config["bridge"]["channels"][number];
