import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type BrokerUrl, bracketed, parseBrokerUrl } from "./broker-url.js";
import { type Option, UsageError, type Values } from "./command.js";
import { parseInteger, parseQos, type Qos } from "./numbers.js";

const DEFAULT_KEEPALIVE = 60;

export const randomId = (command: string): string => `causeway-${command}-${randomBytes(4).toString("hex")}`;

/** Flags of every command that connects to a broker as a client. */
export const connectionOptions = {
  url: {
    type: "string",
    value: "URL",
    description: "Broker: mqtt://, mqtts://, ws:// or wss://. Default: mqtt://127.0.0.1:1883",
  },
  host: {
    type: "string",
    value: "HOST",
    description: "Instead of --url: host of a broker that speaks MQTT over TCP.",
  },
  port: {
    type: "string",
    short: "p",
    value: "PORT",
    description: "Instead of --url: its port. Default: 1883",
  },
  username: { type: "string", short: "u", value: "NAME", description: "User name." },
  password: { type: "string", short: "P", value: "PASSWORD", description: "Password; needs --username." },
  ca: {
    type: "string",
    value: "FILE",
    description: "PEM file with the certificates to trust for mqtts:// and wss://.",
  },
  insecure: { type: "boolean", description: "Accept any certificate. For development only." },
  keepalive: {
    type: "string",
    short: "k",
    value: "SECONDS",
    description: `Keep-alive, 0 to 65535. Default: ${DEFAULT_KEEPALIVE}`,
  },
} as const satisfies Record<string, Option>;

/** Flags of the commands that are one client. */
export const clientOptions = {
  ...connectionOptions,
  id: { type: "string", short: "i", value: "ID", description: "Client identifier. Default: a random one." },
  "will-topic": {
    type: "string",
    value: "TOPIC",
    description: "Topic that the broker publishes to if this client breaks off.",
  },
  "will-payload": { type: "string", value: "TEXT", description: "Payload of the will. Default: empty." },
  "will-qos": { type: "string", value: "QOS", description: "QoS of the will: 0, 1 or 2. Default: 0" },
  "will-retain": { type: "boolean", description: "Retain the will." },
} as const satisfies Record<string, Option>;

/** How to reach a broker and be let in. */
export interface Access {
  readonly broker: BrokerUrl;
  readonly username?: string;
  readonly password?: string;
  readonly ca?: Buffer;
  readonly insecure: boolean;
  /** Seconds. */
  readonly keepalive: number;
}

export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
}

export function readAccess(command: string, values: Values<typeof connectionOptions>): Access {
  const broker = parseBrokerUrl(command, readUrl(command, values));
  const username = values.username ?? broker.username;
  const password = values.password ?? broker.password;
  if (password !== undefined && username === undefined)
    throw new UsageError(`${command}: --password needs --username`); // [MQTT-3.1.2-22]
  return {
    broker,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(values.ca !== undefined && { ca: readCertificates(command, values.ca) }),
    insecure: values.insecure ?? false,
    keepalive:
      parseInteger(`${command}: --keepalive`, values.keepalive, { low: 0, high: 65_535 }) ??
      DEFAULT_KEEPALIVE,
  };
}

export function readWill(command: string, values: Values<typeof clientOptions>): Will | undefined {
  const topic = values["will-topic"];
  if (topic === undefined) {
    const stray = (["will-payload", "will-qos", "will-retain"] as const).find(
      (name) => values[name] !== undefined,
    );
    if (stray) throw new UsageError(`${command}: --${stray} needs --will-topic`);
    return undefined;
  }
  return {
    topic,
    payload: Buffer.from(values["will-payload"] ?? ""),
    qos: parseQos(`${command}: --will-qos`, values["will-qos"]) ?? 0,
    retain: values["will-retain"] ?? false,
  };
}

function readUrl(command: string, { url, host, port }: Values<typeof connectionOptions>): string {
  if (url !== undefined && (host !== undefined || port !== undefined))
    throw new UsageError(`${command}: give either --url or --host and --port`);
  const number = parseInteger(`${command}: --port`, port, { low: 1, high: 65_535 }) ?? 1883;
  return url ?? `mqtt://${bracketed(host ?? "127.0.0.1")}:${number}`;
}

function readCertificates(command: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${command}: cannot read --ca ${file}: ${(error as Error).message.split(",")[0]}`);
  }
}
