import type { Endpoint } from "./endpoint.js";
import { Inbox } from "./inbox.js";
import { Link } from "./link.js";
import { connectClient, publishPacket } from "./mqtt.js";
import { blankPayload, clock, Marks } from "./payload.js";

/** Publishes messages that differ only in their digits, many with one write. */
export class Publisher {
  readonly #link: Link;
  readonly #blank: Buffer;
  readonly #marks: Marks;
  #number = 0;
  /** Whether the server takes more. */
  ready = true;

  private constructor(link: Link, blank: Buffer) {
    this.#link = link;
    this.#blank = blank;
    this.#marks = Marks.in(blank);
  }

  static async open(endpoint: Endpoint, topic: string, payloadBytes: number): Promise<Publisher> {
    const link = await Link.open(endpoint);
    const payload = blankPayload(payloadBytes);
    if (endpoint.protocol !== "mqtt") return new Publisher(link, link.wrap(payload));
    const inbox = new Inbox("packets");
    link.sink = inbox;
    link.onLost = (reason) => inbox.fail(reason);
    await connectClient(link, inbox, "publisher");
    return new Publisher(link, link.wrap(publishPacket(topic, payload)));
  }

  set onLost(callback: (reason: string) => void) {
    this.#link.onLost = (reason) => callback(`the publisher lost its connection: ${reason}`);
  }

  set onReady(callback: () => void) {
    this.#link.onDrained = () => {
      this.ready = true;
      callback();
    };
  }

  /** Sends the one message from which subscribers learn; it has number 0. */
  teach(): void {
    this.#send(0, 1);
  }

  /** Messages sent, apart from the first. */
  get sent(): number {
    return this.#number;
  }

  send(messages: number): void {
    this.#send(this.#number + 1, messages);
    this.#number += messages;
  }

  close(): void {
    this.#link.close();
  }

  #send(first: number, messages: number): void {
    const { length } = this.#blank;
    const bytes = Buffer.allocUnsafeSlow(length * messages);
    const time = clock();
    for (let index = 0; index < messages; index++) {
      this.#blank.copy(bytes, index * length);
      this.#marks.write(bytes, index * length, first + index, time);
    }
    this.ready = this.#link.write(bytes);
  }
}
