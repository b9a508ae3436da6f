import { once } from "node:events";
import type { TestContext } from "node:test";
import { Centrifuge, type Options, type PublicationContext, type Subscription } from "centrifuge";
import { WebSocket } from "ws";

/** The reference client, connected. */
export async function connectClient(
  t: TestContext,
  url: string,
  options: Partial<Options> = {},
): Promise<Centrifuge> {
  const client = new Centrifuge(url, {
    websocket: WebSocket,
    minReconnectDelay: 20,
    maxReconnectDelay: 50,
    ...options,
  });
  t.after(() => client.disconnect());
  const connected = once(client as never, "connected");
  client.connect();
  await connected;
  return client;
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

  static async begin(client: Centrifuge, channel: string): Promise<Listening> {
    const listening = new Listening(client.newSubscription(channel));
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
    const patience = AbortSignal.timeout(5_000);
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
