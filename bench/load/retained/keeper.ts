import { Client } from "../clients/client.js";
import { Handshakes } from "../clients/handshakes.js";
import { blankPayload, clock } from "../clients/payload.js";
import type { Supplier } from "../supply.js";
import type { Endpoint } from "../wire/endpoint.js";

const PREFIX = "bench/retained/";
const DIGITS = 7;
/** Set in the first byte of a PUBLISH [MQTT-3.3.1-5]. */
const RETAIN = 0x01;

/** The topic of a retained message. */
export function retainedTopic(number: number): string {
  return PREFIX + String(number).padStart(DIGITS, "0");
}

/** Publishes retained messages at QoS 1, each on the next topic. */
export class Keeper implements Supplier {
  readonly #client: Client;
  readonly #handshakes: Handshakes;
  readonly #blank: Buffer;
  readonly #topicAt: number;
  readonly #idAt: number;
  #number = 0;
  ready = true;

  private constructor(client: Client, payloadBytes: number) {
    this.#client = client;
    const { bytes, idAt = 0 } = client.protocol.publication(retainedTopic(0), blankPayload(payloadBytes), 1);
    bytes[0] = (bytes[0] ?? 0) | RETAIN;
    this.#blank = bytes;
    this.#idAt = idAt;
    this.#topicAt = bytes.indexOf(PREFIX);
    this.#handshakes = new Handshakes(undefined, (answers) => client.send(answers));
    client.link.sink = this.#handshakes;
  }

  static async open(endpoint: Endpoint, payloadBytes: number): Promise<Keeper> {
    return new Keeper(await Client.open(endpoint, { name: "keeper" }), payloadBytes);
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
      bytes.write(retainedTopic(this.#number++), at + this.#topicAt, "latin1");
      bytes.writeUInt16BE(this.#handshakes.begin(time), at + this.#idAt);
    }
    this.ready = this.#client.link.write(bytes);
  }

  close(): void {
    this.#client.close();
  }
}
