import { mqtt, PUBLISH, packetIdAt } from "../protocols/mqtt.js";
import type { QoS } from "../protocols/protocol.js";
import type { Endpoint } from "../wire/endpoint.js";
import { Client } from "./client.js";
import type { Counter, Unit, Watch } from "./counter.js";
import { PacketCounter } from "./packet-counter.js";
import { Marks } from "./payload.js";
import { UnitCounter } from "./unit-counter.js";

export interface SubscriberOptions {
  readonly name: string;
  /** Not needed when a kept session already has one. */
  readonly filter?: string;
  readonly qos: QoS;
  readonly kept?: boolean;
}

/** One subscriber, that learns from the first message what a delivery looks like and counts from then on. */
export class Subscriber {
  readonly #client: Client;
  readonly #name: string;
  #counter: Counter | undefined;

  private constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  static async open(endpoint: Endpoint, { filter, qos, ...options }: SubscriberOptions): Promise<Subscriber> {
    const client = await Client.open(endpoint, options);
    if (filter !== undefined) await client.subscribe([filter], qos);
    return new Subscriber(client, options.name);
  }

  set onLost(callback: (reason: string) => void) {
    this.#client.link.onLost = (reason) => callback(`${this.#name} lost its connection: ${reason}`);
  }

  settle(): Promise<void> {
    return this.#client.settle();
  }

  /** Awaits the first message and counts those after it. */
  async learn(watch: Watch): Promise<void> {
    const first = await this.#client.inbox.next("delivery");
    const unit = { size: first.length, marks: Marks.in(first) };
    const counter = this.#client.protocol === mqtt ? this.#packets(first, unit, watch) : undefined;
    this.#counter = counter ?? this.#units(unit, watch);
    this.#client.link.sink = this.#counter;
    // With a queue there may be more behind the first one already.
    if (this.#client.protocol === mqtt) this.#client.inbox.handOver(this.#counter);
  }

  get received(): number {
    return this.#counter?.count ?? 0;
  }

  /** Messages of one publisher that this subscriber got or was passed over with. */
  get progress(): number {
    return Math.max(this.received, this.#counter?.latest ?? 0);
  }

  get foreign(): number {
    return this.#counter?.foreign ?? 0;
  }

  get disordered(): number {
    return this.#counter?.disordered ?? 0;
  }

  /** Stops reading; that the server ends the connection then is its right. */
  freeze(): void {
    this.#client.link.onLost = () => {};
    this.#client.link.freeze();
  }

  close(): void {
    this.#client.close();
  }

  #units(unit: Unit, watch: Watch): Counter {
    const { protocol } = this.#client;
    const onPing = () => this.#client.answerPing();
    // Where messages are not cut by their size they are by lines.
    const joined = protocol.messageSize
      ? undefined
      : { pingBytes: protocol.ping?.question.length ?? 0, onPing };
    return new UnitCounter(unit, watch, { joined });
  }

  /** Undefined at QoS 0, where there is nothing to acknowledge. */
  #packets(first: Buffer, unit: Unit, watch: Watch): Counter | undefined {
    if ((first[0] ?? 0) === PUBLISH) return undefined;
    const counter = new PacketCounter(unit, packetIdAt(first, 0), watch, (bytes) => this.#client.send(bytes));
    counter.acknowledge(first);
    return counter;
  }
}
