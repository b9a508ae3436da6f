import type { Latency } from "../../measure/latency.js";
import type { Watch } from "../clients/counter.js";
import { Publisher } from "../clients/publisher.js";
import { Subscriber } from "../clients/subscriber.js";
import type { StreamsPlan } from "./plan.js";
import { Window } from "./window.js";

/** At QoS 1 and 2 nothing should be lost, and what is given up while it is under way exceeds what a server allows. */
const PATIENT_MS = 5_000;

export interface FlowOptions {
  readonly name: string;
  readonly acknowledged: Latency;
  readonly onLost: (reason: string) => void;
}

/** Some publishers and subscribers, and the window between them. */
export class Flow {
  readonly #plan: StreamsPlan;
  readonly #publishers: Publisher[] = [];
  readonly #subscribers: Subscriber[] = [];
  readonly #window: Window;
  /** Messages that were not received when the window was given up. */
  #givenUp = 0;
  /** Who sends first: in turns, as room may not be enough for all. */
  #turn = 0;

  private constructor(plan: StreamsPlan) {
    this.#plan = plan;
    this.#window = plan.qos === 0 ? new Window(plan.window) : new Window(plan.window, PATIENT_MS);
  }

  /** Opens one connection after the other: a hundred at once would overflow the queue of a listening socket. */
  static async open(plan: StreamsPlan, { name, acknowledged, onLost }: FlowOptions): Promise<Flow> {
    const flow = new Flow(plan);
    const { payloadBytes, qos, kept } = plan;
    for (let number = 1; number <= plan.publishers; number++) {
      const topic = `bench/${name}/${String(number).padStart(4, "0")}`;
      const options = { name: `publisher-${name}-${number}`, topic, payloadBytes, qos, acknowledged };
      const publisher = await Publisher.open(plan.publisher, options);
      publisher.onLost = onLost;
      flow.#publishers.push(publisher);
    }
    const filter = plan.publishers === 1 ? `bench/${name}/0001` : `bench/${name}/+`;
    for (let number = 1; number <= plan.subscribers; number++) {
      const options = { name: `subscriber-${name}-${number}`, filter, qos, kept };
      const subscriber = await Subscriber.open(plan.subscriber, options);
      subscriber.onLost = onLost;
      flow.#subscribers.push(subscriber);
    }
    return flow;
  }

  set onReady(callback: () => void) {
    for (const publisher of this.#publishers) publisher.onReady = callback;
  }

  async settle(): Promise<void> {
    await Promise.all([...this.#publishers, ...this.#subscribers].map((client) => client.settle()));
  }

  /** Resolves when every subscriber has got the first message. */
  async learn(watch: Watch): Promise<void> {
    const learned = Promise.all(this.#subscribers.map((subscriber) => subscriber.learn(watch)));
    this.#publishers[0]?.teach();
    await learned;
  }

  get stalls(): number {
    return this.#window.stalls;
  }

  get sent(): number {
    return sumOf(this.#publishers, ({ sent }) => sent);
  }

  get expected(): number {
    return this.sent * this.#subscribers.length;
  }

  get received(): number {
    return sumOf(this.#subscribers, ({ received }) => received);
  }

  get foreign(): number {
    return sumOf(this.#subscribers, ({ foreign }) => foreign);
  }

  /** Sends what there is room for. `now` in milliseconds. */
  fill(now: number): void {
    // A server that takes no more may have its time; the window is not to be given up for it.
    if (!this.#publishers.some(({ ready }) => ready)) return;
    const { stalls } = this.#window;
    const room = this.#window.room(this.sent, this.#progress, now);
    if (this.#window.stalls > stalls) this.#giveUp();
    if (room > 0) this.#share(room);
  }

  close(): void {
    for (const client of [...this.#publishers, ...this.#subscribers]) client.close();
  }

  #giveUp(): void {
    for (const publisher of this.#publishers) publisher.giveUp();
    this.#givenUp = this.sent - Math.min(...this.#subscribers.map(({ received }) => received));
  }

  /** Messages that the slowest subscriber has got or was passed over with, of which the numbers of several publishers do not tell. */
  get #progress(): number {
    let least = this.sent;
    const single = this.#publishers.length === 1;
    for (const { progress, received } of this.#subscribers)
      least = Math.min(least, single ? progress : received + this.#givenUp);
    return least;
  }

  #share(room: number): void {
    const { length } = this.#publishers;
    const share = Math.ceil(room / length);
    let left = room;
    for (let index = 0; index < length && left > 0; index++) {
      const publisher = this.#publishers[(this.#turn + index) % length];
      if (!publisher?.ready) continue;
      const unacknowledged = this.#plan.unacknowledged - publisher.unacknowledged;
      const messages = Math.min(share, left, unacknowledged);
      if (messages <= 0) continue;
      publisher.send(messages);
      left -= messages;
    }
    this.#turn = (this.#turn + 1) % length;
  }
}

function sumOf<T>(all: readonly T[], of: (one: T) => number): number {
  let sum = 0;
  for (const one of all) sum += of(one);
  return sum;
}
