import type { Supplier } from "../supply.js";
import type { Endpoint } from "../wire/endpoint.js";
import { Client } from "./client.js";
import { Handshakes } from "./handshakes.js";
import { blankPayload, clock } from "./payload.js";

/** Set in the first byte of a PUBLISH [MQTT-3.3.1-5]. */
const RETAIN = 0x01;

export interface SeriesOptions {
  readonly payloadBytes: number;
  readonly retain: boolean;
  /** The topic of each message, counted from 0. All are ASCII and of one length. */
  readonly topic: (number: number) => string;
}

/** Publishes messages at QoS 1, each on the next topic. */
export class Series implements Supplier {
  readonly #client: Client;
  readonly #handshakes: Handshakes;
  readonly #blank: Buffer;
  readonly #topicAt: number;
  readonly #idAt: number;
  readonly #topic: SeriesOptions["topic"];
  #number = 0;
  ready = true;

  private constructor(client: Client, { payloadBytes, retain, topic }: SeriesOptions) {
    this.#client = client;
    const { bytes, idAt = 0 } = client.protocol.publication(topic(0), blankPayload(payloadBytes), 1);
    if (retain) bytes[0] = (bytes[0] ?? 0) | RETAIN;
    this.#blank = bytes;
    this.#idAt = idAt;
    this.#topic = topic;
    this.#topicAt = bytes.indexOf(topic(0));
    this.#handshakes = new Handshakes(undefined, (answers) => client.send(answers));
    client.link.sink = this.#handshakes;
  }

  static async open(endpoint: Endpoint, options: SeriesOptions): Promise<Series> {
    return new Series(await Client.open(endpoint, { name: "publisher" }), options);
  }

  set onLost(callback: (reason: string) => void) {
    this.#client.link.onLost = (reason) => callback(`the publisher lost its connection: ${reason}`);
  }

  set onReady(callback: () => void) {
    this.#handshakes.onProgress = callback;
    this.#client.link.onDrained = () => {
      this.ready = true;
      callback();
    };
  }

  /** Messages that the server has taken. */
  get acknowledged(): number {
    return this.#number - this.unacknowledged;
  }

  get unacknowledged(): number {
    return this.#handshakes.open;
  }

  send(messages: number): void {
    const { length } = this.#blank;
    const bytes = Buffer.allocUnsafeSlow(length * messages);
    const time = clock();
    for (let index = 0; index < messages; index++) {
      const at = index * length;
      this.#blank.copy(bytes, at);
      bytes.write(this.#topic(this.#number++), at + this.#topicAt, "latin1");
      bytes.writeUInt16BE(this.#handshakes.begin(time), at + this.#idAt);
    }
    this.ready = this.#client.link.write(bytes);
  }

  close(): void {
    this.#client.close();
  }
}
