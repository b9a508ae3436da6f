import type { Latency } from "../../measure/latency.js";
import { Audience } from "../clients/audience.js";
import type { Watch } from "../clients/counter.js";
import { Publisher } from "../clients/publisher.js";
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
  readonly #publishers: readonly Publisher[];
  readonly #audience: Audience;
  readonly #window: Window;
  /** Messages that were not received when the window was given up. */
  #givenUp = 0;
  /** Who sends first: in turns, as room may not be enough for all. */
  #turn = 0;

  private constructor(plan: StreamsPlan, publishers: readonly Publisher[], audience: Audience) {
    this.#plan = plan;
    this.#publishers = publishers;
    this.#audience = audience;
    const patient = plan.patient || plan.qos > 0;
    this.#window = patient ? new Window(plan.window, PATIENT_MS) : new Window(plan.window);
  }

  static async open(plan: StreamsPlan, { name, acknowledged, onLost }: FlowOptions): Promise<Flow> {
    const publishers: Publisher[] = [];
    const { payloadBytes, qos, kept, frozenEvery } = plan;
    for (let number = 1; number <= plan.publishers; number++) {
      const topic = `bench/${name}/${String(number).padStart(4, "0")}`;
      const options = { name: `publisher-${name}-${number}`, topic, payloadBytes, qos, acknowledged };
      const publisher = await Publisher.open(plan.publisher, options);
      publisher.onLost = onLost;
      publishers.push(publisher);
    }
    const filter = plan.publishers === 1 ? `bench/${name}/0001` : `bench/${name}/+`;
    const receivers = { name: `subscriber-${name}`, size: plan.subscribers, frozenEvery };
    const audience = await Audience.open(plan.subscriber, { ...receivers, filter, qos, kept, onLost });
    return new Flow(plan, publishers, audience);
  }

  set onReady(callback: () => void) {
    for (const publisher of this.#publishers) publisher.onReady = callback;
  }

  async settle(): Promise<void> {
    await Promise.all([...this.#publishers, this.#audience].map((client) => client.settle()));
  }

  /** Resolves when every subscriber has got the first message. */
  async learn(watch: Watch): Promise<void> {
    const learned = this.#audience.learn(watch);
    this.#publishers[0]?.teach();
    await learned;
  }

  /** Has those stop reading who are going to. */
  freeze(): void {
    this.#audience.freeze();
  }

  get stalls(): number {
    return this.#window.stalls;
  }

  get sent(): number {
    return this.#publishers.reduce((sum, { sent }) => sum + sent, 0);
  }

  get expected(): number {
    return this.sent * this.#audience.healthy.length;
  }

  get received(): number {
    return this.#audience.received;
  }

  get foreign(): number {
    return this.#audience.foreign;
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
    for (const client of [...this.#publishers, this.#audience]) client.close();
  }

  #giveUp(): void {
    for (const publisher of this.#publishers) publisher.giveUp();
    this.#givenUp = this.sent - Math.min(...this.#audience.healthy.map(({ received }) => received));
  }

  /** Messages that the slowest subscriber has got or was passed over with, of which the numbers of several publishers do not tell. */
  get #progress(): number {
    let least = this.sent;
    const single = this.#publishers.length === 1;
    for (const { progress, received } of this.#audience.healthy)
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
