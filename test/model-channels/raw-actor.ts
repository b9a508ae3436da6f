import type { Actor } from "./actor.js";
import type { View } from "./truth.js";
import { CUT, Reading, type Wire } from "./wire.js";

export type Body = Readonly<Record<string, unknown>>;

interface Reply {
  readonly id?: number;
  readonly error?: { readonly code: number; readonly message: string };
  readonly subscribe?: Body;
  readonly push?: { readonly pub?: Body; readonly unsubscribe?: { readonly code: number } };
}

/** Speaks the protocol by itself, as simply as it can be spoken, and comes back at once when it is cut off. */
export abstract class RawActor implements Actor {
  readonly #view: View;
  readonly #reading: Reading;
  readonly #fault: (text: string) => void;
  #wire: Wire | undefined;
  #id = 0;
  /** Of the subscribe command that counts; answers to others are of subscriptions given up. */
  #awaited = 0;
  #connected = false;
  #subscribed = false;
  #ended = false;
  joined = false;
  connections = 0;

  constructor(open: () => Wire, view: View, fault: (text: string) => void) {
    this.#reading = new Reading(open);
    this.#view = view;
    this.#fault = fault;
  }

  abstract get wrong(): string | undefined;
  abstract get recoveries(): number;

  /** The request that begins the subscription, or goes on with it. */
  protected abstract request(): Body;
  /** The result of it; true when the subscription is there. */
  protected abstract result(result: Body): boolean;
  protected abstract refused(code: number): void;
  protected abstract publication(pub: Body): void;
  /** The subscription is no more. `forGood`: it will begin from nothing. */
  protected abstract gone(forGood: boolean): void;

  join(): void {
    if (this.joined) return;
    this.joined = true;
    if (!this.#wire) this.#connect();
    else if (this.#connected) this.ask();
  }

  leave(): void {
    if (!this.joined) return;
    this.joined = false;
    this.#awaited = 0;
    this.#subscribed = false;
    this.gone(true);
    if (this.#connected) this.#send({ unsubscribe: { channel: this.#view.channel } });
  }

  cut(): void {
    this.#reading.cut();
  }

  stopReading(): void {
    this.#reading.stop();
  }

  readOne(): void {
    this.#reading.one();
  }

  read(): void {
    this.#reading.all();
  }

  end(): void {
    this.#ended = true;
    this.#reading.cut();
  }

  /** Sends {@link request}. */
  protected ask(): void {
    const { channel, tail } = this.#view;
    const filter = tail === "" ? {} : { tf: { key: "topic", cmp: "ew", val: tail } };
    this.#awaited = this.#send({ subscribe: { channel, ...filter, ...this.request() } });
  }

  #send(command: object): number {
    const id = ++this.#id;
    this.#wire?.send(JSON.stringify({ id, ...command }));
    return id;
  }

  #connect(): void {
    this.connections++;
    const wire = this.#reading.open();
    this.#wire = wire;
    wire.onOpen = () => {
      this.#id = 0;
      this.#send({ connect: {} });
    };
    wire.onMessage = (message) => {
      for (const line of message.split("\n")) this.#take(JSON.parse(line));
    };
    wire.onClose = (code) => {
      // 3008: it read too slowly.
      if (code !== CUT && code !== 3008) this.#fault(`closed with code ${code}`);
      this.#connected = false;
      this.#subscribed = false;
      this.#awaited = 0;
      this.gone(false);
      if (!this.#ended) this.#connect();
    };
  }

  #take({ id, error, subscribe, push }: Reply): void {
    if (push) this.#takePush(push);
    else if (!this.#connected) {
      if (id !== 1) this.#fault(`the first answer is to command ${id}`);
      this.#connected = true;
      if (this.joined) this.ask();
    } else if (id === this.#awaited && id !== 0) {
      this.#awaited = 0;
      if (error) this.refused(error.code);
      else if (subscribe) this.#subscribed = this.result(subscribe);
    }
  }

  #takePush({ pub, unsubscribe }: NonNullable<Reply["push"]>): void {
    if (pub && this.#subscribed) this.publication(pub);
    else if (pub && this.joined && this.#awaited === 0) this.#fault("a publication before the subscription");
    if (!unsubscribe || !this.joined) return;
    if (unsubscribe.code !== 2500) this.#fault(`unsubscribed with code ${unsubscribe.code}`);
    this.#subscribed = false;
    this.gone(false);
    this.ask();
  }
}
