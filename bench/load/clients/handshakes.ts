import type { Latency } from "../../measure/latency.js";
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from "../protocols/mqtt.js";
import type { Sink } from "../wire/link.js";
import { Packets } from "../wire/packets.js";
import { Acknowledgements } from "./acknowledgements.js";
import { clock } from "./payload.js";

const LARGEST_ID = 65_535;
const NONE = -1;

/** The publisher's side of QoS 1 and 2: which packet identifiers are in use, and since when. */
export class Handshakes implements Sink {
  onProgress: () => void = () => {};
  readonly #begun = new Float64Array(LARGEST_ID + 1).fill(NONE);
  readonly #latency: Latency | undefined;
  readonly #packets: Packets;
  readonly #answers: Acknowledgements;
  #lastId = 0;
  #open = 0;

  constructor(latency: Latency | undefined, send: (acknowledgements: Buffer) => void) {
    this.#latency = latency;
    this.#answers = new Acknowledgements(send);
    this.#packets = new Packets(
      (bytes, start) => this.#take(bytes, start),
      () => {
        this.#answers.flush();
        this.onProgress();
      },
    );
  }

  /** Handshakes that are not over. */
  get open(): number {
    return this.#open;
  }

  /** The packet identifier of a message that is sent at `time`. */
  begin(time: number): number {
    do this.#lastId = this.#lastId === LARGEST_ID ? 1 : this.#lastId + 1;
    while (this.#begun[this.#lastId] !== NONE && this.#open < LARGEST_ID);
    this.#begun[this.#lastId] = time;
    this.#open++;
    return this.#lastId;
  }

  giveUp(): void {
    this.#begun.fill(NONE);
    this.#open = 0;
  }

  piece(bytes: Buffer, start: number, end: number): void {
    this.#packets.piece(bytes, start, end);
  }

  end(): void {}

  #take(bytes: Buffer, start: number): void {
    const first = bytes[start] ?? 0;
    if (first === PUBREC) this.#answers.add(PUBREL, bytes, start + 2);
    else if (first === PUBACK || first === PUBCOMP) this.#finish(bytes.readUInt16BE(start + 2));
  }

  #finish(id: number): void {
    const begun = this.#begun[id] ?? NONE;
    if (begun === NONE) return;
    this.#begun[id] = NONE;
    this.#open--;
    this.#latency?.record(clock() - begun);
  }
}
