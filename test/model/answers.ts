import type { Packet } from "mqtt-packet";

interface Answer {
  readonly packet: Packet;
  given(): void;
}

/** The acknowledgements that a client owes: given at once, late, in another order, or never on this connection. */
export class Answers {
  readonly #send: (packet: Packet) => void;
  #holding = false;
  #owed: Answer[] = [];

  constructor(send: (packet: Packet) => void) {
    this.#send = send;
  }

  owe(packet: Packet, given: () => void): void {
    this.#owed.push({ packet, given });
    if (!this.#holding) this.give(this.#owed.length);
  }

  hold(): void {
    this.#holding = true;
  }

  /** From now on at once, and those that are owed. */
  atOnce(): void {
    this.#holding = false;
    this.give(this.#owed.length);
  }

  give(count: number, newestFirst = false): void {
    const start = newestFirst ? Math.max(0, this.#owed.length - count) : 0;
    const given = this.#owed.splice(start, count);
    for (const answer of newestFirst ? given.reverse() : given) {
      this.#send(answer.packet);
      answer.given();
    }
  }

  /** The connection is gone: the other side asks again. */
  forget(): void {
    this.#owed = [];
  }
}
