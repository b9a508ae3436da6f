import { type EventEmitter, once } from "node:events";
import type { TestContext } from "node:test";
import {
  Centrifuge,
  type ClientEvents,
  type MapSubscription,
  type Options,
  type PublicationContext,
  type Subscription,
  type SubscriptionEvents,
  type SubscriptionOptions,
  type TransportEndpoint,
} from "centrifuge";
import { Centrifuge as ProtobufCentrifuge } from "centrifuge/build/protobuf";
import { WebSocket } from "ws";
import { encoding } from "./encoding.js";
import { PATIENCE } from "./eventually.js";
import { convertData } from "./reference-codec.js";

/** The reference client, connected; `prepare` sees it before it is. */
export async function connectClient(
  t: TestContext,
  url: string | TransportEndpoint[],
  options: Partial<Options> = {},
  prepare: (client: Centrifuge) => void = () => {},
): Promise<Centrifuge> {
  const client = newClient(url, {
    websocket: WebSocket,
    minReconnectDelay: 20,
    maxReconnectDelay: 50,
    ...options,
  });
  t.after(() => client.disconnect());
  prepare(client);
  const connected = once(client as never, "connected");
  client.connect();
  await connected;
  return client;
}

function newClient(url: string | TransportEndpoint[], options: Partial<Options>): Centrifuge {
  if (!encoding.protobuf) return new Centrifuge(url, options);
  const client = new ProtobufCentrifuge(url, options);
  convertData(client);
  return client as unknown as Centrifuge;
}

type Context<Handler> = Handler extends (context: infer Told) => void ? Told : never;

/** The next event of a client or a subscription. Unlike node's `once` it does not take an `error` event for the end. */
export function event<Name extends keyof ClientEvents>(
  emitter: Centrifuge,
  name: Name,
): Promise<Context<ClientEvents[Name]>>;
export function event<Name extends keyof SubscriptionEvents>(
  emitter: Subscription | MapSubscription,
  name: Name,
): Promise<Context<SubscriptionEvents[Name]>>;
export function event(emitter: object, name: string): Promise<unknown> {
  return new Promise((resolve) => (emitter as EventEmitter).once(name, resolve));
}

/** A subscription that has begun, and what it has received since. */
export class Listening {
  readonly subscription: Subscription;
  readonly publications: PublicationContext[] = [];
  #changed: () => void = () => {};

  private constructor(subscription: Subscription) {
    this.subscription = subscription;
    subscription.on("publication", (publication) => {
      this.publications.push(publication);
      this.#changed();
    });
  }

  static async begin(
    client: Centrifuge,
    channel: string,
    options: Partial<SubscriptionOptions> = {},
  ): Promise<Listening> {
    const listening = new Listening(client.newSubscription(channel, options));
    const begun = new Promise<void>((resolve, reject) => {
      listening.subscription.on("subscribed", () => resolve());
      listening.subscription.on("unsubscribed", ({ code, reason }) => reject(new Error(`${code} ${reason}`)));
    });
    listening.subscription.subscribe();
    await begun;
    return listening;
  }

  /** What has been received, once it is as much. */
  async received(count: number): Promise<PublicationContext[]> {
    const patience = AbortSignal.timeout(PATIENCE);
    while (this.publications.length < count) {
      await new Promise<void>((resolve, reject) => {
        this.#changed = resolve;
        patience.onabort = () =>
          reject(new Error(`${this.publications.length} of ${count} publications came`));
      });
    }
    return this.publications;
  }

  get values(): unknown[] {
    return this.publications.map(({ data }) => data);
  }
}
