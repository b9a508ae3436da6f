import type { Envelope } from "../gateway/content.js";
import type { QoS } from "../storage/store.js";

export type { QoS };

const PUBLISH = 0x30;
const DUP = 0x08;
const RETAIN = 0x01;

/** What a PUBLISH says, apart from to whom: the broker's unit of work. */
export interface MessageContent {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Who published it, where that is another part of the process: told to its listeners, and to nobody else. */
  readonly origin?: string | undefined;
  /** What that part says beside the payload; told to the same. */
  readonly envelope?: Envelope | undefined;
}

/** Payloads above this are sent in parts, so that clients share its payload even where their packet identifiers differ. */
const WHOLE_BYTES = 4_096;

let lastPreferred = 0;

/**
 * A message on its way to subscribers. Its PUBLISH packet is encoded once and shared by all of them; only the
 * packet identifier may be their own. MQTT 3.1 and 3.1.1 encode PUBLISH alike.
 */
export class Message implements MessageContent {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly origin: string | undefined;
  readonly envelope: Envelope | undefined;
  /** When it was taken, in milliseconds since 1970; set for what is stored. */
  time = 0;
  #payload: Buffer;
  #kept = false;
  #preferredPacketId = 0;
  /** The whole packet at QoS 0, without and with the retain flag. */
  #plain: Buffer | undefined;
  #retained: Buffer | undefined;
  /** The last packet at QoS 1 or 2 that was encoded, in parts, and for what: flags and packet identifier. */
  #reliable: readonly Buffer[] | undefined;
  #reliableFor = 0;

  /** `packet` is the PUBLISH that it came in, if that can go out as it is: QoS 0 and no flags. */
  constructor({ topic, payload, qos, retain, origin, envelope }: MessageContent, packet?: Buffer) {
    this.topic = topic;
    this.#payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.origin = origin;
    this.envelope = envelope;
    this.#plain = packet;
  }

  get payload(): Buffer {
    return this.#payload;
  }

  /** For whoever holds the message longer than a turn: a small payload must not keep alive the large read it came in. */
  keep(): void {
    if (this.#kept || this.#payload.buffer.byteLength <= 2 * this.#payload.length) return;
    this.#kept = true;
    const { length } = this.#payload;
    if (this.#plain) {
      this.#plain = Buffer.from(this.#plain);
      this.#payload = this.#plain.subarray(this.#plain.length - length);
    } else this.#payload = Buffer.from(this.#payload);
  }

  /**
   * The packet identifier to send it with at QoS 1 or 2, where that is free. Identifiers are each client's own; when all
   * are sent a message with the same one, they share its bytes.
   */
  get preferredPacketId(): number {
    if (this.#preferredPacketId === 0) this.#preferredPacketId = lastPreferred = (lastPreferred % 65_535) + 1;
    return this.#preferredPacketId;
  }

  /** The packet at QoS 0. `retain` is set only on a message that was stored before the subscription [MQTT-3.3.1-8]. */
  packet(retain = false): Buffer {
    if (retain) {
      this.#retained ??= this.#encodePlain(RETAIN);
      return this.#retained;
    }
    this.#plain ??= this.#encodePlain(0);
    return this.#plain;
  }

  /**
   * The packet at QoS 1 or 2, in parts to be sent one after the other. Asked for again with the same identifier and flags
   * it is the same, so clients that are sent it alike share its bytes.
   */
  parts(qos: 1 | 2, packetId: number, dup: boolean, retain: boolean): readonly Buffer[] {
    const flags = (qos << 1) | (dup ? DUP : 0) | (retain ? RETAIN : 0);
    const wanted = (flags << 16) | packetId;
    if (this.#reliable === undefined || this.#reliableFor !== wanted) {
      this.#reliable = this.#encodeReliable(flags, packetId);
      this.#reliableFor = wanted;
    }
    return this.#reliable;
  }

  #encodeReliable(flags: number, packetId: number): Buffer[] {
    const { length } = this.payload;
    if (length <= WHOLE_BYTES) {
      const packet = this.#encodeHead(flags, 2, 2 + length);
      const end = packet.length - length;
      writePacketId(packet, packetId, end - 2);
      packet.set(this.payload, end);
      return [packet];
    }
    const id = Buffer.allocUnsafe(2);
    writePacketId(id, packetId, 0);
    // The head is the same for all that are sent the message with the same flags.
    const [head] = this.#reliableFor >> 16 === flags ? (this.#reliable ?? []) : [];
    return [head ?? this.#encodeHead(flags, 2, 0), id, this.payload];
  }

  #encodePlain(flags: number): Buffer {
    const { length } = this.payload;
    const packet = this.#encodeHead(flags, 0, length);
    packet.set(this.payload, packet.length - length);
    return packet;
  }

  /** Fixed header and topic of a packet with so many bytes of identifier, and room for what follows. */
  #encodeHead(flags: number, packetIdBytes: number, room: number): Buffer {
    const topicBytes = Buffer.byteLength(this.topic);
    const remaining = 2 + topicBytes + packetIdBytes + this.payload.length;
    const head = Buffer.allocUnsafe(1 + lengthBytes(remaining) + 2 + topicBytes + room);
    head[0] = PUBLISH | flags;
    let at = writeLength(head, 1, remaining);
    at = head.writeUInt16BE(topicBytes, at);
    head.write(this.topic, at);
    return head;
  }
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP: all are a first byte and a packet identifier [MQTT-3.4.2]. */
export function acknowledgement(firstByte: number, packetId: number): Buffer {
  const packet = Buffer.allocUnsafe(4);
  packet[0] = firstByte;
  packet[1] = 2;
  writePacketId(packet, packetId, 2);
  return packet;
}

/** PUBREL for an outgoing QoS 2 message [MQTT-3.6.1-1]. */
export function pubrelPacket(packetId: number): Buffer {
  return acknowledgement(0x62, packetId);
}

function writePacketId(target: Buffer, packetId: number, at: number): void {
  target[at] = packetId >> 8;
  target[at + 1] = packetId & 0xff;
}

// Remaining length, 7 bits a byte, least significant first [MQTT-2.2.3].

function lengthBytes(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  return length < 0x20_0000 ? 3 : 4;
}

function writeLength(buffer: Buffer, offset: number, length: number): number {
  let at = offset;
  let rest = length;
  do {
    const digit = rest & 0x7f;
    rest >>>= 7;
    buffer[at++] = rest > 0 ? digit | 0x80 : digit;
  } while (rest > 0);
  return at;
}
