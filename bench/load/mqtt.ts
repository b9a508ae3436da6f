import type { Inbox } from "./inbox.js";
import type { Link } from "./link.js";

/*
 * The packets of MQTT 3.1.1 that a load needs.
 */

const PROTOCOL_LEVEL = 4;
const CLEAN_SESSION = 0x02;
const PACKET_ID = Buffer.of(0, 1);

export async function connectClient(link: Link, inbox: Inbox, clientId: string): Promise<void> {
  // Keep-alive 0: nothing else than the load is to be on the wire.
  const header = Buffer.from([0, 4, ...Buffer.from("MQTT"), PROTOCOL_LEVEL, CLEAN_SESSION, 0, 0]);
  link.write(link.wrap(packet(0x10, header, text(clientId))));
  const answer = await inbox.next("CONNACK");
  if (answer[0] !== 0x20 || answer[3] !== 0)
    throw new Error(`CONNECT was answered with ${answer.toString("hex")}`);
}

export async function subscribeClient(link: Link, inbox: Inbox, filter: string): Promise<void> {
  link.write(link.wrap(packet(0x82, PACKET_ID, text(filter), Buffer.of(0))));
  const answer = await inbox.next("SUBACK");
  if (answer[0] !== 0x90 || answer[4] !== 0)
    throw new Error(`SUBSCRIBE was answered with ${answer.toString("hex")}`);
}

/** PUBLISH at QoS 0. */
export function publishPacket(topic: string, payload: Buffer): Buffer {
  return packet(0x30, text(topic), payload);
}

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = [first];
  for (let rest = body.length; ; ) {
    const digit = rest & 0x7f;
    rest >>>= 7;
    header.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) return Buffer.concat([Buffer.from(header), body]);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}
