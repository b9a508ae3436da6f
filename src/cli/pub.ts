import { topicNameFault } from "../mqtt/topics.js";
import { clientOptions, randomId, readAccess, readWill } from "./client-options.js";
import { defineCommand, UsageError, type Values } from "./command.js";
import { onOutputError, reportFailure } from "./failure.js";
import { parseQos } from "./numbers.js";
import { readAll, readFile, readLines } from "./payload-source.js";
import { Publisher } from "./publisher.js";

const options = {
  topic: { type: "string", short: "t", value: "TOPIC", description: "Topic to publish to." },
  message: { type: "string", short: "m", value: "TEXT", description: "Payload." },
  file: { type: "string", short: "f", value: "FILE", description: "Payload: all of a file, byte for byte." },
  stdin: { type: "boolean", short: "s", description: "Payload: all of standard input." },
  lines: { type: "boolean", short: "l", description: "A message for each line of standard input." },
  null: {
    type: "boolean",
    short: "n",
    description: "An empty payload; with --retain it deletes the retained message.",
  },
  qos: { type: "string", short: "q", value: "QOS", description: "QoS: 0, 1 or 2. Default: 0" },
  retain: { type: "boolean", short: "r", description: "Retain the message." },
  json: { type: "boolean", description: "Write what was published as one line of JSON." },
  ...clientOptions,
} as const;

const SOURCES = ["message", "file", "stdin", "lines", "null"] as const;

export const pub = defineCommand({
  name: "pub",
  summary: "Publish messages to a topic, and wait until the broker has them.",
  options,
  examples: [
    `causeway pub -t sensors/kitchen/temperature -m '{"c":21.5}'`,
    "causeway pub --url wss://broker.example.org/mqtt -u ada -P secret -t lamp/set -m on -q 1 -r",
    "vmstat -n 1 | causeway pub -t host/vmstat -l",
  ],
  async run(values) {
    const settings = readSettings(values);
    onOutputError(process.stdout, noop, noop);
    return reportFailure("pub", async () => {
      const sent = await publish(settings, payloads(values));
      if (values.json) process.stdout.write(`${JSON.stringify(sent)}\n`);
      return 0;
    });
  },
});

const noop = () => {};

type Settings = ReturnType<typeof readSettings>;

function readSettings(values: Values<typeof options>) {
  const will = readWill("pub", values);
  const sources = SOURCES.filter((name) => values[name] !== undefined);
  if (values.topic === undefined) throw new UsageError("pub: name a topic with --topic");
  checkTopic("--topic", values.topic);
  if (will) checkTopic("--will-topic", will.topic);
  if (sources.length === 0)
    throw new UsageError("pub: give a payload with --message, --file, --stdin, --lines or --null");
  if (sources.length > 1)
    throw new UsageError(`pub: give one payload, not ${sources.map((name) => `--${name}`).join(" and ")}`);
  return {
    client: { access: readAccess("pub", values), id: values.id ?? randomId("pub"), will },
    message: {
      topic: values.topic,
      qos: parseQos("pub: --qos", values.qos) ?? 0,
      retain: values.retain ?? false,
    },
  };
}

function checkTopic(flag: string, topic: string): void {
  const fault = topicNameFault(topic);
  if (fault) throw new UsageError(`pub: ${flag} ${JSON.stringify(topic)}: ${fault}`);
}

async function* payloads(values: Values<typeof options>): AsyncGenerator<Buffer> {
  if (values.lines) yield* readLines(process.stdin);
  else if (values.stdin) yield await readAll(process.stdin, "standard input");
  else if (values.file !== undefined) yield await readFile(values.file);
  else yield Buffer.from(values.message ?? "");
}

async function publish({ client: settings, message }: Settings, payloads: AsyncIterable<Buffer>) {
  const { connected, createClient } = await import("./client.js");
  const client = createClient({ ...settings, clean: true, reconnectPeriod: 0 });
  await connected(client, settings.access);
  const publisher = new Publisher(client, message);
  try {
    for await (const payload of payloads) await publisher.publish(payload);
    await publisher.settled();
    await client.endAsync();
  } catch (error) {
    client.end(true);
    throw error;
  }
  return { ...message, messages: publisher.messages, bytes: publisher.bytes };
}
