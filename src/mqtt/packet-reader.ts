/** MQTT control packet types, as in the first four bits of a packet [MQTT-2.2.1]. */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** A CONNECT cannot be longer: five strings or byte fields of at most 65,535 bytes, and a few bytes beside them. */
const MAX_CONNECT = 5 * 65_537 + 16;
/** Tiny pieces that may wait one by one; beyond, they are joined, since each takes more room than its bytes. */
const MOST_PIECES = 256;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts a client's bytes into packets, however they arrive. A packet that is too large, malformed in its header, or not
 * MQTT at all is refused at its first bytes instead of being collected in memory.
 *
 * After {@link next} has returned true, the packet is `buffer` from `start` to `end`, with its variable header at `body`.
 */
export class PacketReader {
  buffer: Buffer = EMPTY;
  start = 0;
  body = 0;
  end = 0;
  /** Why the connection must end; set when the bytes are not those of packets within the limit. */
  fault: string | undefined;
  readonly #maxPacketSize: number;
  readonly #maxConnect: number;
  /** Where the next packet begins. */
  #at = 0;
  /** What came while a packet was incomplete, and how many bytes it takes to complete it. */
  #later: Buffer[] | undefined;
  #laterBytes = 0;
  #wanted = 0;
  #first = true;

  /** The first packet, which is sent by somebody who is not let in yet, may have a limit of its own. */
  constructor(maxPacketSize: number, unauthenticatedSize = MAX_CONNECT) {
    this.#maxPacketSize = maxPacketSize;
    this.#maxConnect = Math.min(unauthenticatedSize, MAX_CONNECT);
  }

  get firstByte(): number {
    return this.buffer[this.start] ?? 0;
  }

  get type(): number {
    return this.firstByte >> 4;
  }

  /** The packet's bytes; a view, valid for as long as it is kept. */
  get packet(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  /** Bytes that no packet has been made of yet. */
  get waiting(): number {
    return this.buffer.length - this.#at + this.#laterBytes;
  }

  add(chunk: Buffer): void {
    if (this.waiting === 0) {
      this.buffer = chunk;
      this.#at = 0;
      return;
    }
    this.#later ??= [];
    this.#later.push(chunk);
    this.#laterBytes += chunk.length;
    if (this.#later.length >= MOST_PIECES) this.#join();
  }

  /** Goes to the next packet; false when it is not there as a whole, or is a fault. */
  next(): boolean {
    if (this.fault !== undefined) return false;
    if (this.#found()) return true;
    if (this.#later === undefined || this.waiting < this.#wanted || this.fault !== undefined)
      return this.#rest();
    this.#join();
    return this.#found() || this.#rest();
  }

  #found(): boolean {
    const { buffer } = this;
    const start = this.#at;
    const available = buffer.length - start;
    this.#wanted = available + 1;
    if (available === 0) return false;
    if (this.#first && buffer[start] !== 0x10) return this.#fail(`not MQTT: ${describe(buffer, start)}`); // [MQTT-3.1.0-1]
    let length = 0;
    let at = start + 1;
    for (let shift = 0; ; shift += 7) {
      // Even a header that is still incomplete shows that its packet is too large.
      if (length > this.#limit) return this.#fail(this.#tooLarge(length));
      if (shift > 21) return this.#fail("malformed packet: remaining length has more than four bytes"); // [MQTT-2.2.3]
      const byte = buffer[at++];
      if (byte === undefined) return false;
      length += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) break;
    }
    if (length > this.#limit) return this.#fail(this.#tooLarge(length));
    if (at + length > buffer.length) {
      this.#wanted = at + length - start;
      return false;
    }
    this.start = start;
    this.body = at;
    this.end = at + length;
    this.#at = this.end;
    this.#first = false;
    return true;
  }

  get #limit(): number {
    return this.#first ? Math.min(this.#maxPacketSize, this.#maxConnect) : this.#maxPacketSize;
  }

  #tooLarge(length: number): string {
    if (length > this.#maxPacketSize)
      return `packet of at least ${length} bytes is over mqtt.maxPacketSize (${this.#maxPacketSize})`;
    return length > MAX_CONNECT
      ? `a CONNECT of at least ${length} bytes; none is longer than ${MAX_CONNECT}`
      : `a CONNECT of at least ${length} bytes is over limits.unauthenticatedSize (${this.#maxConnect})`;
  }

  #fail(fault: string): false {
    this.fault = fault;
    this.buffer = EMPTY;
    this.#at = 0;
    this.#later = undefined;
    this.#laterBytes = 0;
    return false;
  }

  #join(): void {
    const parts = [this.buffer.subarray(this.#at), ...(this.#later ?? [])];
    this.buffer = Buffer.concat(parts);
    this.#at = 0;
    this.#later = undefined;
    this.#laterBytes = 0;
  }

  /** What waits for the rest of its packet must not keep alive the large read that it came in. */
  #rest(): false {
    const { buffer } = this;
    const rest = buffer.length - this.#at;
    if (rest === 0) this.buffer = EMPTY;
    else if (rest * 2 < buffer.buffer.byteLength && this.#later === undefined)
      this.buffer = Buffer.from(buffer.subarray(this.#at));
    else return false;
    this.#at = 0;
    return false;
  }
}

function describe(chunk: Uint8Array, at: number): string {
  const start = Buffer.from(chunk.subarray(at, at + 8)).toString("latin1");
  if (/^(GET|PUT|POST|HEAD|PRI|DELETE|OPTIONS|CONNECT) /.test(start))
    return "the client speaks HTTP on an MQTT port";
  if (start.startsWith("\x16\x03")) return "the client speaks TLS on a plain MQTT port";
  return `the first byte is 0x${(chunk[at] ?? 0).toString(16).padStart(2, "0")}, not a CONNECT packet`;
}
