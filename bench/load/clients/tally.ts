import { PUBACK, PUBLISH, packetIdAt } from "../protocols/mqtt.js";
import type { Sink } from "../wire/link.js";
import { Packets } from "../wire/packets.js";
import { Acknowledgements } from "./acknowledgements.js";
import { Marks } from "./payload.js";

/** A topic ends with the number of its publisher, so that each publisher's messages can be told apart. */
const PUBLISHER_DIGITS = 4;

/** The topic of a publisher whose messages are tallied; publishers are counted from 1. */
export function talliedTopic(beginning: string, publisher: number): string {
  return `${beginning}/${String(publisher).padStart(PUBLISHER_DIGITS, "0")}`;
}

/** What one publisher has sent, and which of it has come. */
class Column {
  latest = 0;
  readonly #seen: Uint8Array;

  constructor(sent: number) {
    this.#seen = new Uint8Array(sent + 1);
  }

  /** Whether it was among what was sent; with number 0 nothing is. */
  has(number: number): boolean {
    return number > 0 && number < this.#seen.length;
  }

  /** False when it was seen before. */
  tick(number: number): boolean {
    if (this.#seen[number] === 1) return false;
    this.#seen[number] = 1;
    return true;
  }
}

/** Ticks off, one by one, the messages at QoS 1 that have waited, and acknowledges them. */
export class Tally implements Sink {
  /** Messages that have come, each counted once. */
  received = 0;
  repeated = 0;
  /** Those that came after a later one of the same publisher. */
  disordered = 0;
  /** Packets that were none of these messages. */
  foreign = 0;
  /** When the first and the latest of them came, on the clock of `performance.now`. */
  firstAt: number | undefined;
  lastAt = 0;
  readonly expected: number;
  readonly #columns: readonly Column[];
  readonly #packets: Packets;
  readonly #answers: Acknowledgements;
  #marks: Marks | undefined;
  #size = 0;

  /** `sent` holds the number of messages of each publisher. */
  constructor(sent: readonly number[], send: (acknowledgements: Buffer) => void) {
    this.expected = sent.reduce((sum, messages) => sum + messages, 0);
    this.#columns = sent.map((messages) => new Column(messages));
    this.#answers = new Acknowledgements(send);
    this.#packets = new Packets(
      (bytes, start, size) => this.#take(bytes, start, size),
      () => this.#answers.flush(),
    );
  }

  get lost(): number {
    return this.expected - this.received;
  }

  piece(bytes: Buffer, start: number, end: number): void {
    this.#packets.piece(bytes, start, end);
  }

  end(): void {}

  /** What a reader must know of what has come. */
  get notes(): string[] {
    const say = (count: number, text: string) => (count > 0 ? [`${count} ${text}`] : []);
    return [
      ...say(this.disordered, "deliveries were out of order."),
      ...say(this.repeated, "deliveries came more than once."),
    ];
  }

  #take(bytes: Buffer, start: number, size: number): void {
    if (((bytes[start] ?? 0) & 0xf6) !== (PUBLISH | 2)) {
      this.foreign++;
      return;
    }
    this.#marks ??= this.#learn(bytes.subarray(start, start + size));
    const topicEnd = packetIdAt(bytes, start);
    this.#answers.add(PUBACK, bytes, topicEnd);
    const publisher = Number(bytes.toString("latin1", topicEnd - PUBLISHER_DIGITS, topicEnd));
    const column = this.#columns[publisher - 1];
    const number = this.#marks.number(bytes, start);
    if (size === this.#size && column?.has(number)) this.#tick(column, number);
    else this.foreign++;
  }

  #learn(first: Buffer): Marks {
    this.#size = first.length;
    this.firstAt = performance.now();
    return Marks.in(first);
  }

  #tick(column: Column, number: number): void {
    this.lastAt = performance.now();
    if (!column.tick(number)) {
      this.repeated++;
      return;
    }
    this.received++;
    if (number < column.latest) this.disordered++;
    else column.latest = number;
  }
}
