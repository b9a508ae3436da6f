import { PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../protocols/mqtt.js";
import { Packets } from "../wire/packets.js";
import { Acknowledgements } from "./acknowledgements.js";
import { type Counter, Sight, type Unit, type Watch } from "./counter.js";

/** Counts deliveries at QoS 1 and 2, of which each is to be acknowledged, and so looked at. */
export class PacketCounter implements Counter {
  count = 0;
  foreign = 0;
  readonly #unit: Unit;
  readonly #idAt: number;
  readonly #watch: Watch;
  readonly #sight: Sight;
  readonly #packets: Packets;
  readonly #answers: Acknowledgements;
  #untilLook = 0;

  /** `idAt` is where the packet identifier is in a delivery; `send` takes the acknowledgements of a piece. */
  constructor(unit: Unit, idAt: number, watch: Watch, send: (acknowledgements: Buffer) => void) {
    this.#unit = unit;
    this.#idAt = idAt;
    this.#watch = watch;
    this.#sight = new Sight(unit.marks, watch.latency);
    this.#answers = new Acknowledgements(send);
    this.#packets = new Packets(
      (bytes, start, size) => this.#take(bytes, start, size),
      () => {
        this.#answers.flush();
        this.#watch.onProgress();
      },
    );
  }

  get latest(): number {
    return this.#sight.latest;
  }

  get disordered(): number {
    return this.#sight.disordered;
  }

  piece(bytes: Buffer, start: number, end: number): void {
    this.#packets.piece(bytes, start, end);
  }

  end(): void {}

  /** Of the delivery that was learned from, which does not count. */
  acknowledge(first: Buffer): void {
    if (this.#answer(first, 0) === PUBREC) this.count--;
    this.#answers.flush();
  }

  #take(bytes: Buffer, start: number, size: number): void {
    const first = bytes[start] ?? 0;
    if (first === PUBREL) this.#release(bytes, start);
    else if ((first & 0xf0) === PUBLISH && size === this.#unit.size) this.#delivery(bytes, start);
    else this.foreign++;
  }

  #delivery(bytes: Buffer, start: number): void {
    if (this.#answer(bytes, start) === PUBACK) this.count++;
    if (this.#untilLook > 0) {
      this.#untilLook--;
      this.#sight.place(bytes, start);
      return;
    }
    this.#sight.look(bytes, start);
    this.#untilLook = this.#watch.every - 1;
  }

  /** At QoS 2 a delivery counts when the server has seen PUBREC: one that falls behind with those is behind. */
  #release(bytes: Buffer, start: number): void {
    this.count++;
    this.#answers.add(PUBCOMP, bytes, start + 2);
  }

  /** The type of the acknowledgement. */
  #answer(bytes: Buffer, start: number): number {
    const qos = ((bytes[start] ?? 0) >> 1) & 3;
    const type = qos === 1 ? PUBACK : PUBREC;
    this.#answers.add(type, bytes, start + this.#idAt);
    return type;
  }
}
