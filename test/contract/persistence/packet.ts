import type { QoS, StoredMessage } from "../../../src/storage/store.js";

/** A PUBLISH, or what is known of one, as the engine's persistence is given it. */
export interface Packet {
  readonly cmd?: string;
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup?: boolean;
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  readonly messageId?: number | undefined;
}

/** What a packet has and a stored message has no place for. */
interface Extra {
  readonly brokerId?: string | undefined;
  readonly brokerCounter?: number | undefined;
  readonly dup: boolean;
  readonly isText: boolean;
}

/** MQTT 5: user property. */
const USER_PROPERTY = 0x26;
const KEY = Buffer.from("packet");

export function toStored({ topic, payload, qos, retain, ...rest }: Packet): StoredMessage {
  const { brokerId, brokerCounter, dup = false } = rest;
  const properties = encode({ brokerId, brokerCounter, dup, isText: typeof payload === "string" });
  return { topic, payload: Buffer.from(payload), qos, retain, time: Date.now(), properties };
}

export function fromStored({ topic, payload, qos, retain, properties }: StoredMessage): Packet {
  const { brokerId = "", brokerCounter = 0, dup, isText } = decode(properties);
  const content = { topic, payload: isText ? payload.toString() : payload, qos, retain, dup };
  return { cmd: "publish", ...content, brokerId, brokerCounter };
}

function encode(extra: Extra): Buffer {
  const value = Buffer.from(JSON.stringify(extra));
  const properties = Buffer.alloc(5 + KEY.length + value.length);
  properties.writeUInt8(USER_PROPERTY);
  properties.writeUInt16BE(KEY.length, 1);
  KEY.copy(properties, 3);
  properties.writeUInt16BE(value.length, 3 + KEY.length);
  value.copy(properties, 5 + KEY.length);
  return properties;
}

function decode(properties: Buffer | undefined): Extra {
  if (!properties) throw new Error("the stored message has lost its properties");
  return JSON.parse(properties.toString("utf8", 5 + KEY.length)) as Extra;
}
