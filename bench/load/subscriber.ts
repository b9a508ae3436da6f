import type { Latency } from "../measure/latency.js";
import { subscribeChannel } from "./centrifugal.js";
import type { Endpoint } from "./endpoint.js";
import { Inbox, PING } from "./inbox.js";
import { Link } from "./link.js";
import { connectClient, subscribeClient } from "./mqtt.js";
import { Marks } from "./payload.js";
import { type Unit, UnitCounter } from "./units.js";

/** One subscriber, that learns from the first message what a delivery looks like and counts from then on. */
export class Subscriber {
  readonly #link: Link;
  readonly #inbox: Inbox;
  readonly #separated: boolean;
  readonly #answerPing = () => void this.#link.write(this.#link.wrap(Buffer.from(PING)));
  #counter: UnitCounter | undefined;

  private constructor(link: Link, inbox: Inbox, separated: boolean) {
    this.#link = link;
    this.#inbox = inbox;
    this.#separated = separated;
    inbox.onPing = this.#answerPing;
  }

  /** Resolves when the server has confirmed the subscription, where its protocol does so. */
  static async open(endpoint: Endpoint, topic: string, name: string): Promise<Subscriber> {
    const link = await Link.open(endpoint);
    const inbox = new Inbox(endpoint.protocol === "mqtt" ? "packets" : "frames");
    const subscriber = new Subscriber(link, inbox, endpoint.protocol !== "mqtt");
    link.sink = inbox;
    link.onLost = (reason) => inbox.fail(reason);
    if (endpoint.protocol === "mqtt") {
      await connectClient(link, inbox, name);
      await subscribeClient(link, inbox, topic);
    } else if (endpoint.protocol === "centrifugal") await subscribeChannel(link, inbox, `mqtt:${topic}`);
    return subscriber;
  }

  set onLost(callback: (reason: string) => void) {
    this.#link.onLost = callback;
  }

  /** Awaits the first message and counts those after it. */
  async learn(latency: Latency, onProgress: () => void): Promise<void> {
    const first = await this.#inbox.next("delivery");
    const unit: Unit = { size: first.length, marks: Marks.in(first), separated: this.#separated };
    const counter = new UnitCounter(unit, latency, onProgress);
    counter.onPing = this.#answerPing;
    this.#link.sink = counter;
    this.#counter = counter;
  }

  get received(): number {
    return this.#counter?.count ?? 0;
  }

  get progress(): number {
    return this.#counter?.progress ?? 0;
  }

  get foreign(): number {
    return this.#counter?.foreign ?? 0;
  }

  close(): void {
    this.#link.close();
  }
}
