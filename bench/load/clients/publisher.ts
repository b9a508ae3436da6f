import type { Latency } from "../../measure/latency.js";
import { mqtt } from "../protocols/mqtt.js";
import type { QoS } from "../protocols/protocol.js";
import type { Endpoint } from "../wire/endpoint.js";
import type { Link, Sink } from "../wire/link.js";
import { Client } from "./client.js";
import { Handshakes } from "./handshakes.js";
import { blankPayload, clock, Marks } from "./payload.js";

export interface PublisherOptions {
  readonly name: string;
  /** Or several of one length, which take turns. */
  readonly topic: string | readonly string[];
  readonly payloadBytes: number;
  readonly qos: QoS;
  /** Takes the time from PUBLISH to its last acknowledgement. */
  readonly acknowledged?: Latency;
}

/** For what a publisher need not hear. */
const DEAF: Sink = { piece: () => {}, end: () => {} };

/** Publishes messages that differ only in their digits, many with one write. */
export class Publisher {
  readonly #client: Client;
  readonly #link: Link;
  readonly #name: string;
  /** A message of each topic. */
  readonly #blanks: readonly Buffer[];
  /** Bytes of each message. */
  readonly #size: number;
  readonly #marks: Marks;
  /** Where in a message its packet identifier is. */
  readonly #idAt: number;
  readonly #handshakes: Handshakes | undefined;
  #number = 0;
  /** Whether the server takes more. */
  ready = true;

  private constructor(client: Client, options: PublisherOptions) {
    const { name, topic, payloadBytes, qos, acknowledged } = options;
    this.#client = client;
    this.#link = client.link;
    this.#name = name;
    const payload = blankPayload(payloadBytes);
    const publications = [topic].flat().map((one) => client.protocol.publication(one, payload, qos));
    this.#blanks = publications.map(({ bytes }) => this.#link.wrap(bytes));
    const [[blank], [first]] = [this.#blanks, publications];
    if (!blank || !first) throw new Error(`${name} has no topic to publish to`);
    this.#size = blank.length;
    if (this.#blanks.some(({ length }) => length !== this.#size))
      throw new Error(`the topics of ${name} are not of one length`);
    this.#idAt = blank.length - first.bytes.length + (first.idAt ?? 0);
    this.#marks = Marks.in(blank);
    if (client.protocol.answers) this.#link.sink = DEAF;
    if (qos === 0 || client.protocol !== mqtt) return;
    this.#handshakes = new Handshakes(acknowledged, (answers) => client.send(answers));
    this.#link.sink = this.#handshakes;
  }

  static async open(endpoint: Endpoint, options: PublisherOptions): Promise<Publisher> {
    return new Publisher(await Client.open(endpoint, options), options);
  }

  set onLost(callback: (reason: string) => void) {
    this.#link.onLost = (reason) => callback(`${this.#name} lost its connection: ${reason}`);
  }

  /** Called when more can be sent than before. */
  set onReady(callback: () => void) {
    if (this.#handshakes) this.#handshakes.onProgress = callback;
    this.#link.onDrained = () => {
      this.ready = true;
      callback();
    };
  }

  settle(): Promise<void> {
    return this.#client.settle();
  }

  /** Sends the one message from which subscribers learn; it has number 0. */
  teach(): void {
    this.#send(0, 1, clock());
  }

  /** Messages sent, apart from the first. */
  get sent(): number {
    return this.#number;
  }

  /** Messages sent at QoS 1 or 2 whose handshake is not over. */
  get unacknowledged(): number {
    return this.#handshakes?.open ?? 0;
  }

  /** Looks for acknowledgements that have not come by now no longer. */
  giveUp(): void {
    this.#handshakes?.giveUp();
  }

  send(messages: number, time = clock()): void {
    this.#send(this.#number + 1, messages, time);
    this.#number += messages;
  }

  close(): void {
    this.#client.close();
  }

  #send(first: number, messages: number, time: number): void {
    const length = this.#size;
    const bytes = Buffer.allocUnsafeSlow(length * messages);
    for (let index = 0; index < messages; index++) {
      const at = index * length;
      this.#blanks[(first + index) % this.#blanks.length]?.copy(bytes, at);
      this.#marks.write(bytes, at, first + index, time);
      if (this.#handshakes) bytes.writeUInt16BE(this.#handshakes.begin(time), at + this.#idAt);
    }
    this.ready = this.#link.write(bytes);
  }
}
