/**
 * Watches a client's bytes go by and finds the packet boundaries, so that a packet that is too large, malformed in
 * its header, or not MQTT at all is refused at its first bytes instead of being collected in memory.
 */
export class Framing {
  readonly #maxPacketSize: number;
  /** Bytes of the current packet's body that are still to come. */
  #body = 0;
  /** Position in the fixed header: 0 the type, 1 to 4 the remaining length. */
  #headerBytes = 0;
  #length = 0;
  #packets = 0;
  /** Where in the last chunk the first packet, CONNECT, ended. */
  #firstEnd: number | undefined;

  constructor(maxPacketSize: number) {
    this.#maxPacketSize = maxPacketSize;
  }

  /** Why the connection must end, or undefined while the bytes are those of MQTT packets within the limit. */
  fault(chunk: Uint8Array): string | undefined {
    this.#firstEnd = undefined;
    let at = 0;
    while (at < chunk.length) {
      if (this.#body === 0) {
        const fault = this.#header(chunk, at++);
        if (fault) return fault;
      } else {
        const skip = Math.min(this.#body, chunk.length - at);
        this.#body -= skip;
        at += skip;
      }
      if (this.#body === 0 && this.#headerBytes === 0 && ++this.#packets === 1) this.#firstEnd = at;
    }
    return undefined;
  }

  /** Where in the chunk that was just looked at the connection's first packet ended; undefined when it did not. */
  get firstEnd(): number | undefined {
    return this.#firstEnd;
  }

  #header(chunk: Uint8Array, at: number): string | undefined {
    const byte = chunk[at] ?? 0;
    if (this.#headerBytes === 0) {
      // The first packet must be a CONNECT [MQTT-3.1.0-1].
      if (this.#packets === 0 && byte !== 0x10) return `not MQTT: ${describe(chunk, at)}`;
      this.#headerBytes = 1;
      this.#length = 0;
      return undefined;
    }
    this.#length += (byte & 0x7f) * 128 ** (this.#headerBytes - 1);
    if (this.#length > this.#maxPacketSize)
      return `packet of at least ${this.#length} bytes is over mqtt.maxPacketSize (${this.#maxPacketSize})`;
    if ((byte & 0x80) === 0) {
      this.#body = this.#length;
      this.#headerBytes = 0;
      return undefined;
    }
    this.#headerBytes++;
    return this.#headerBytes > 4 ? "malformed packet: remaining length has more than four bytes" : undefined; // [MQTT-2.2.3]
  }
}

function describe(chunk: Uint8Array, at: number): string {
  const start = Buffer.from(chunk.subarray(at, at + 8)).toString("latin1");
  if (/^(GET|PUT|POST|HEAD|PRI|DELETE|OPTIONS|CONNECT) /.test(start))
    return "the client speaks HTTP on an MQTT port";
  if (start.startsWith("\x16\x03")) return "the client speaks TLS on a plain MQTT port";
  return `the first byte is 0x${(chunk[at] ?? 0).toString(16).padStart(2, "0")}, not a CONNECT packet`;
}
