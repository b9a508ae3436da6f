const PACKET_BYTES = 4;
/** More than this many are written in several pieces. */
const CAPACITY = 4_096;

/** Gathers acknowledgements of MQTT, so that those of many packets are one write. */
export class Acknowledgements {
  readonly #send: (bytes: Buffer) => void;
  #bytes = Buffer.allocUnsafeSlow(CAPACITY * PACKET_BYTES);
  #length = 0;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  /** One for the packet identifier that is found at `idAt`. */
  add(type: number, bytes: Buffer, idAt: number): void {
    const at = this.#length;
    this.#bytes[at] = type;
    this.#bytes[at + 1] = 2;
    this.#bytes[at + 2] = bytes[idAt] ?? 0;
    this.#bytes[at + 3] = bytes[idAt + 1] ?? 0;
    this.#length = at + PACKET_BYTES;
    if (this.#length === this.#bytes.length) this.flush();
  }

  flush(): void {
    if (this.#length === 0) return;
    // A copy: a socket that is full keeps what it was given.
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#send(bytes);
  }
}
