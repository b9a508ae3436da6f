import { NEVER } from "./clock.js";
import type { Message } from "./message.js";
import { Register, type Write } from "./register.js";

/** One time that a PUBLISH was sent, or all times of one at QoS 2, of which the server takes only one. */
export interface Transmission {
  readonly message: Message;
  readonly sentAt: number;
  /** When it was known that the server had taken it. */
  ackedAt: number;
  /** From then on the server cannot take it any more. */
  lapsedAt: number;
  /** What it does to the retained message; none, too, when it is not known at which of several times it did it. */
  write: Write<Message | undefined> | undefined;
}

/** What one session of a publisher has sent to one topic, in order. */
export interface Sequence {
  readonly publisher: string;
  readonly topic: string;
  readonly transmissions: Transmission[];
}

/** Everything that the clients of a run have published. */
export class Ledger {
  readonly messages = new Map<string, Message>();
  /** One message without payload for each topic that had any. */
  readonly anonymous = new Map<string, Message>();
  readonly #sequences = new Map<string, Sequence>();
  readonly #byMessage = new Map<Message, Transmission[]>();
  readonly #retained = new Map<string, Register<Message | undefined>>();

  /** A PUBLISH goes out, for the first time or again. */
  sent(message: Message, publisher: string, sentAt: number): Transmission {
    if (message.anonymous) this.anonymous.set(message.topic, this.anonymous.get(message.topic) ?? message);
    else this.messages.set(message.id, message);
    const write = message.retain
      ? this.retained(message.topic).write(retainedBy(message), sentAt)
      : undefined;
    const transmission = { message, sentAt, ackedAt: NEVER, lapsedAt: NEVER, write };
    const key = `${publisher} ${message.topic}`;
    const sequence = this.#sequences.get(key) ?? { publisher, topic: message.topic, transmissions: [] };
    sequence.transmissions.push(transmission);
    this.#sequences.set(key, sequence);
    this.#byMessage.set(message, [...(this.#byMessage.get(message) ?? []), transmission]);
    return transmission;
  }

  /** A QoS 2 PUBLISH goes out again: still the same, but it may be taken now, after those that followed it. */
  repeated(transmission: Transmission, publisher: string, sentAt: number): void {
    const { message, write } = transmission;
    this.#sequences.get(`${publisher} ${message.topic}`)?.transmissions.push(transmission);
    if (!message.retain) return;
    const register = this.retained(message.topic);
    if (write && register.writes.at(-1) === write) return;
    transmission.write = undefined;
    register.write(retainedBy(message), sentAt);
  }

  acknowledged(transmission: Transmission, at: number): void {
    transmission.ackedAt = at;
    if (transmission.write) transmission.write.ackedAt = at;
  }

  get sequences(): Iterable<Sequence> {
    return this.#sequences.values();
  }

  transmissionsOf(message: Message): readonly Transmission[] {
    return this.#byMessage.get(message) ?? [];
  }

  retained(topic: string): Register<Message | undefined> {
    let register = this.#retained.get(topic);
    if (!register) {
      register = new Register<Message | undefined>(undefined);
      this.#retained.set(topic, register);
    }
    return register;
  }

  get retainedTopics(): Iterable<[string, Register<Message | undefined>]> {
    return this.#retained;
  }

  /** The server died: what was retained at QoS 0 may not have got to the disk. */
  crashed(): void {
    for (const [message, transmissions] of this.#byMessage)
      for (const { write } of transmissions) if (write && message.qos === 0) write.ackedAt = NEVER;
  }
}

/** What is retained after the message. */
function retainedBy(message: Message): Message | undefined {
  return message.anonymous ? undefined : message;
}
