import { topicFilterFault, topicNameFault } from "../mqtt/topics.js";
import { clientOptions, randomId, readAccess, readWill } from "./client-options.js";
import { defineCommand, UsageError, type Values } from "./command.js";
import { reportFailure } from "./failure.js";
import { parseDuration, parseInteger, parseQos } from "./numbers.js";
import { Subscriber } from "./subscriber.js";

/** What `mosquitto_sub` exits with too. */
const TIMED_OUT = 27;
const RECONNECT_PERIOD = 2_000;

const options = {
  topic: {
    type: "string",
    short: "t",
    multiple: true,
    value: "FILTER",
    description: "Topic filter; may be repeated.",
  },
  qos: {
    type: "string",
    short: "q",
    value: "QOS",
    description: "Highest QoS to receive with: 0, 1 or 2. Default: 0",
  },
  verbose: { type: "boolean", short: "v", description: "Write the topic before each payload." },
  json: {
    type: "boolean",
    description:
      "Write one JSON object per message: topic, payload, qos, retain, dup, time (and encoding if base64).",
  },
  "no-newline": { type: "boolean", short: "N", description: "Write payloads with nothing between them." },
  count: { type: "string", short: "C", value: "N", description: "End after N messages." },
  timeout: {
    type: "string",
    short: "W",
    value: "TIME",
    description: `End after this time (5, 500ms, 10s, 1m) with exit code ${TIMED_OUT}.`,
  },
  "keep-session": {
    type: "boolean",
    short: "c",
    description: "Let the broker keep the session and queue messages while away; needs --id.",
  },
  "skip-retained": { type: "boolean", short: "R", description: "Leave retained messages out." },
  "retained-only": { type: "boolean", description: "Write only retained messages." },
  ...clientOptions,
} as const;

export const sub = defineCommand({
  name: "sub",
  summary: "Subscribe to topic filters and write what arrives. Reconnects when the connection breaks.",
  options,
  examples: [
    "causeway sub -v -t 'sensors/#'",
    "causeway sub -t 'devices/+/telemetry' --json | jq .payload.temperature",
    "causeway sub -t lamp/state -C 1 -W 5s",
  ],
  async run(values) {
    const settings = readSettings(values);
    const timeout = parseDuration("sub: --timeout", values.timeout);
    return reportFailure("sub", () => subscribe(settings, timeout));
  },
});

async function subscribe({ client: settings, reading }: ReturnType<typeof readSettings>, timeout?: number) {
  const { connected, createClient } = await import("./client.js");
  const client = createClient({ ...settings, reconnectPeriod: RECONNECT_PERIOD });
  const subscriber = new Subscriber(client, reading, process.stdout);
  const timer = timeout === undefined ? undefined : setTimeout(() => subscriber.finish("timeout"), timeout);
  const interrupt = () => subscriber.finish("interrupted");
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    const admitted = connected(client, settings.access).then(() => subscriber.subscribe(settings.access));
    const end = await Promise.race([subscriber.finished, admitted.then(() => subscriber.finished)]);
    return end === "timeout" ? TIMED_OUT : 0;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await subscriber.close();
  }
}

function readSettings(values: Values<typeof options>) {
  const filters = values.topic ?? [];
  const will = readWill("sub", values);
  if (filters.length === 0) throw new UsageError("sub: name a topic filter with --topic");
  for (const filter of filters) checkTopic("--topic", filter, topicFilterFault(filter));
  if (will) checkTopic("--will-topic", will.topic, topicNameFault(will.topic));
  if (values["keep-session"] && !values.id) throw new UsageError("sub: --keep-session needs --id"); // [MQTT-3.1.3-7]
  if (values["skip-retained"] && values["retained-only"])
    throw new UsageError("sub: --skip-retained and --retained-only leave nothing to write");
  return {
    client: {
      access: readAccess("sub", values),
      id: values.id ?? randomId("sub"),
      will,
      clean: !values["keep-session"],
    },
    reading: {
      filters,
      qos: parseQos("sub: --qos", values.qos) ?? 0,
      count: parseInteger("sub: --count", values.count, { low: 1, high: Number.MAX_SAFE_INTEGER }),
      retained: values["retained-only"] ? true : values["skip-retained"] ? false : undefined,
      format: {
        json: values.json ?? false,
        verbose: values.verbose ?? false,
        newline: !values["no-newline"],
      },
    },
  };
}

function checkTopic(flag: string, topic: string, fault: string | undefined): void {
  if (fault) throw new UsageError(`sub: ${flag} ${JSON.stringify(topic)}: ${fault}`);
}
