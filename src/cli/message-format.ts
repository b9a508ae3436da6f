import type { IPublishPacket } from "mqtt";

export interface Format {
  readonly json: boolean;
  /** The topic before the payload. */
  readonly verbose: boolean;
  readonly newline: boolean;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What `sub` writes for a message: the payload byte for byte, or one line of JSON. */
export function formatMessage(packet: IPublishPacket, { json, verbose, newline }: Format): Buffer {
  const payload = Buffer.from(packet.payload);
  if (json) return Buffer.from(`${jsonLine(packet, payload)}\n`);
  const before = verbose ? [Buffer.from(`${packet.topic} `)] : [];
  return Buffer.concat([...before, payload, Buffer.from(newline ? "\n" : "")]);
}

function jsonLine({ topic, qos, retain, dup }: IPublishPacket, payload: Buffer): string {
  const rest = JSON.stringify({ qos, retain, dup, time: new Date().toISOString() });
  return `{"topic":${JSON.stringify(topic)},${jsonPayload(payload)},${rest.slice(1)}`;
}

function jsonPayload(payload: Buffer): string {
  const text = decode(payload);
  if (text === undefined) return `"payload":"${payload.toString("base64")}","encoding":"base64"`;
  // JSON goes through as it stands: parsed and printed again, large numbers would lose digits.
  // A line break can only stand between its tokens.
  return `"payload":${isJson(text) ? text.replace(/[\r\n]+/g, " ").trim() : JSON.stringify(text)}`;
}

function decode(payload: Buffer): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
