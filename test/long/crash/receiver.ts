import type { IPublishPacket, Packet } from "mqtt-packet";
import { type Address, Connection } from "./connection.js";
import { numberOf } from "./stream.js";

/** A slow receiver gives so many answers at a time. */
const SLOW_ANSWERS = 10;
const SLOW_MS = 40;

export interface ReceiverContext {
  /** Something has come. */
  onPacket(): void;
  fault(text: string): void;
}

/**
 * Takes everything under `crash/`, in a session that is kept over any number of connections, and judges it as it comes:
 * publishers send again what was not acknowledged, so each stream has to come from 0 on without a gap, at QoS 2 once.
 */
export class Receiver {
  readonly id: string;
  /** Times that a message came on the present connection. */
  published = 0;
  readonly #context: ReceiverContext;
  /** By topic, the number that is to come next. */
  readonly #next = new Map<string, number>();
  /** QoS 2 messages received and not yet released, by packet identifier [MQTT-4.3.3-2]. */
  readonly #held = new Map<number, string>();
  readonly #owed: Packet[] = [];
  #connection: Connection | undefined;
  #known: boolean;
  #suback = (): void => undefined;
  #pace: NodeJS.Timeout | undefined;

  /** `known`: whether the broker must have its session, with the subscription. */
  constructor(id: string, context: ReceiverContext, known = false) {
    this.id = id;
    this.#known = known;
    this.#context = context;
  }

  /** How many of a topic's messages have come. */
  count(topic: string): number {
    return this.#next.get(topic) ?? 0;
  }

  /** QoS 2 messages whose PUBREL has not come. */
  get unreleased(): number {
    return this.#held.size;
  }

  /** Goes on with its session, and subscribes if it is new. A slow one acknowledges late. */
  async connect(server: Address, slow = false): Promise<void> {
    this.#owed.length = 0;
    this.published = 0;
    const connection = new Connection(server, this.id, (packet) => this.#take(packet, slow));
    this.#connection = connection;
    clearInterval(this.#pace);
    if (slow) this.#pace = setInterval(() => this.#answer(SLOW_ANSWERS), SLOW_MS);
    void connection.closed.then(() => this.#connection === connection && clearInterval(this.#pace));
    const present = await connection.accepted;
    if (present === undefined) return;
    this.#context.onPacket();
    if (present) this.#known = true;
    else if (this.#known) this.#context.fault(`${this.id}: its session is gone`);
    else await this.#subscribe(connection);
  }

  async cut(): Promise<void> {
    await this.#connection?.cut();
  }

  /** DISCONNECT: the broker takes all that was sent before. */
  async leave(): Promise<void> {
    this.#connection?.send({ cmd: "disconnect" });
    await this.#connection?.closed;
  }

  async #subscribe(connection: Connection): Promise<void> {
    const acknowledged = new Promise<void>((resolve) => {
      this.#suback = resolve;
    });
    const subscriptions = [{ topic: "crash/#", qos: 2 as const }];
    connection.send({ cmd: "subscribe", messageId: 1, subscriptions });
    await acknowledged;
    this.#known = true;
  }

  #take(packet: Packet, slow: boolean): void {
    if (packet.cmd === "suback") this.#suback();
    else if (packet.cmd === "publish") this.#publish(packet);
    else if (packet.cmd === "pubrel") this.#release(packet.messageId ?? 0);
    else this.#context.fault(`${this.id}: an unexpected ${packet.cmd}`);
    if (!slow) this.#answer(this.#owed.length);
    this.#context.onPacket();
  }

  #publish({ topic, payload, qos, messageId = 0, dup }: IPublishPacket): void {
    this.published++;
    const number = numberOf(payload);
    if (Number.isNaN(number)) this.#context.fault(`${this.id}: ${topic}: a payload is not whole`);
    this.#owed.push({ cmd: qos === 2 ? "pubrec" : "puback", messageId });
    if (qos === 2) this.#hold(messageId, topic, number, dup);
    else this.#deliver(topic, number, false);
  }

  #hold(messageId: number, topic: string, number: number, dup: boolean): void {
    const name = `${topic} ${number}`;
    const held = this.#held.get(messageId);
    if (held === undefined) {
      this.#held.set(messageId, name);
      this.#deliver(topic, number, true);
    } else if (held !== name || !dup)
      this.#context.fault(`${this.id}: ${name} came under ${messageId}, which ${held} holds (dup ${dup})`);
  }

  #release(messageId: number): void {
    this.#held.delete(messageId);
    this.#owed.push({ cmd: "pubcomp", messageId });
  }

  #deliver(topic: string, number: number, once: boolean): void {
    const next = this.count(topic);
    if (number === next) this.#next.set(topic, next + 1);
    else if (number > next) {
      this.#context.fault(`${this.id}: ${topic}: ${next} to ${number - 1} are missing before ${number}`);
      this.#next.set(topic, number + 1);
    } else if (once) this.#context.fault(`${this.id}: ${topic}: ${number} came again at QoS 2`);
  }

  #answer(most: number): void {
    this.#connection?.send(...this.#owed.splice(0, most));
  }
}
