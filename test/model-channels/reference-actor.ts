import { Centrifuge, type MapSubscription, type MapUpdateContext, type Subscription } from "centrifuge";
import { type Actor, numberOf } from "./actor.js";
import { type MapEntry, MapTrack } from "./map-track.js";
import type { ClientPlan } from "./plan.js";
import { StreamTrack } from "./stream-track.js";
import type { Truth } from "./truth.js";
import { webSocketOver } from "./web-socket.js";
import { Reading, type Wire } from "./wire.js";
import type { World } from "./world.js";

/** At once, but never in the same turn. */
const DELAYS = { minReconnectDelay: 1, maxReconnectDelay: 5 };
const RESUBSCRIBE = { minResubscribeDelay: 1, maxResubscribeDelay: 5 };

/** The `centrifuge` package at work. */
export class ReferenceActor implements Actor {
  readonly #client: Centrifuge;
  readonly #subscription: Subscription | MapSubscription;
  readonly #track: MapTrack | StreamTrack;
  readonly #reading: Reading;
  readonly #fault: (text: string) => void;
  joined = false;
  connections = 0;
  recoveries = 0;

  constructor(
    open: () => Wire,
    plan: ClientPlan,
    truth: Truth,
    { isPaced, history }: World,
    fault: (text: string) => void,
  ) {
    this.#fault = fault;
    this.#reading = new Reading(open);
    const websocket = webSocketOver(() => this.#reading.open());
    this.#client = new Centrifuge("ws://wire", { websocket, ...DELAYS });
    this.#client.on("connected", () => this.connections++);
    this.#client.on("disconnected", ({ code }) => {
      if (code !== 0) fault(`disconnected with code ${code}`);
    });
    const { type, channel, limit, tail, delta } = plan;
    const options = {
      ...RESUBSCRIBE,
      ...(delta ? { delta: "fossil" as const } : {}),
      ...(tail === "" ? {} : { tagsFilter: { key: "topic", cmp: "ew" as const, val: tail } }),
    };
    if (type === "map") {
      const map = new MapTrack(plan, truth, isPaced, fault);
      this.#track = map;
      const subscription = this.#client.newMapSubscription(channel, { ...options, pageSize: limit });
      this.#subscription = this.#followMap(subscription, map);
    } else {
      const stream = new StreamTrack(plan, truth, history > 0 && !isPaced, fault);
      this.#track = stream;
      this.#subscription = this.#followStream(this.#client.newSubscription(channel, options), stream);
    }
    this.#subscription.on("subscribing", () => this.#track.left());
    this.#subscription.on("unsubscribed", ({ code }) => {
      this.#track.left();
      if (code !== 0) fault(`unsubscribed with code ${code}`);
    });
  }

  get wrong(): string | undefined {
    return this.#track.wrong;
  }

  join(): void {
    if (this.joined) return;
    this.joined = true;
    this.#client.connect();
    this.#subscription.subscribe();
  }

  leave(): void {
    if (!this.joined) return;
    this.joined = false;
    this.#subscription.unsubscribe();
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
    this.#client.disconnect();
  }

  #followMap(subscription: MapSubscription, track: MapTrack): MapSubscription {
    subscription.on("subscribed", ({ recovered }) => {
      if (!recovered) return;
      this.recoveries++;
      track.recovered();
    });
    subscription.on("sync", ({ entries }) => track.sync(entries.map(entryOf)));
    subscription.on("update", (update) => track.update(entryOf(update)));
    return subscription;
  }

  #followStream(subscription: Subscription, track: StreamTrack): Subscription {
    subscription.on("subscribed", ({ recovered, wasRecovering, streamPosition }) => {
      if (recovered) this.recoveries++;
      if (recovered && !wasRecovering) this.#fault("recovered without having asked");
      track.subscribed(recovered, streamPosition?.offset);
    });
    subscription.on("publication", ({ data, offset, tags }) =>
      track.publication({
        topic: tags?.topic ?? "",
        n: numberOf(data),
        offset,
        isSnapshot: tags?.snapshot === "true",
      }),
    );
    return subscription;
  }
}

function entryOf({ key, data, removed }: MapUpdateContext): MapEntry {
  return { key, n: removed === true ? 0 : numberOf(data) };
}
