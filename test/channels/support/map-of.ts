import { once } from "node:events";
import type {
  Centrifuge,
  MapSubscription,
  MapSubscriptionOptions,
  MapSyncContext,
  MapUpdateContext,
} from "centrifuge";

/** The reference client's map of a channel, kept as its users would. */
export class MapOf {
  readonly subscription: MapSubscription;
  readonly values = new Map<string, unknown>();
  updates = 0;
  syncs = 0;
  /** Of every time that it went on from where it was. */
  recoveries = 0;

  constructor(client: Centrifuge, channel: string, options: Partial<MapSubscriptionOptions> = {}) {
    this.subscription = client.newMapSubscription(channel, options);
    this.subscription.on("subscribed", ({ recovered }) => {
      if (recovered) this.recoveries++;
    });
    this.subscription.on("sync", ({ entries }: MapSyncContext) => {
      this.syncs++;
      this.values.clear();
      for (const { key, data } of entries) this.values.set(key, data);
    });
    this.subscription.on("update", ({ key, data, removed }: MapUpdateContext) => {
      this.updates++;
      if (removed) this.values.delete(key);
      else this.values.set(key, data);
    });
  }

  async begin(): Promise<this> {
    const synced = once(this.subscription as never, "sync");
    this.subscription.subscribe();
    await synced;
    return this;
  }

  /** In the order of the keys. */
  get sorted(): [string, unknown][] {
    return [...this.values].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
