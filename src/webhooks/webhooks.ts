import type { Logger } from "pino";
import type { Bus, BusMessage } from "../bridge/bus.js";
import { encodePayload } from "../bridge/payload.js";
import { LimitedLog } from "../log/limited.js";
import { topicMatches } from "../mqtt/topics.js";
import type { EventStore } from "./event-store.js";
import {
  type ClientDetails,
  type Departure,
  type EventType,
  encodeEvent,
  type WebhookEvents,
} from "./events.js";
import type { WebhookOptions } from "./options.js";
import { Webhook, type WebhookStats } from "./webhook.js";

export interface WebhooksParts {
  readonly options: readonly WebhookOptions[];
  readonly store: EventStore;
  readonly bus: Pick<Bus, "subscribe">;
  readonly log: Logger;
  /** The server's version, told to receivers. */
  readonly version: string;
}

/** What the streams of queues are called. */
const STREAM = "webhook:";

/** Tells receivers elsewhere what happens here. */
export class Webhooks implements WebhookEvents {
  readonly #parts: WebhooksParts;
  readonly #webhooks = new Map<string, Webhook>();
  readonly #interested = new Map<EventType, Webhook[]>();
  #ends: (() => void)[] = [];

  constructor(parts: WebhooksParts) {
    this.#parts = parts;
    const { options: all, store, log, version } = parts;
    const limitedLog = new LimitedLog(log);
    for (const options of all) {
      const { name } = options;
      this.#webhooks.set(
        name,
        new Webhook({ options, stream: STREAM + name, store, log: limitedLog, version }),
      );
    }
  }

  /** Goes on with what waits in the store, and hears of events from now on. */
  async start(): Promise<void> {
    const lasts = await this.#findQueues();
    for (const { name, events, topics } of this.#parts.options) {
      const webhook = this.#webhooks.get(name);
      if (!webhook) continue;
      await webhook.start(lasts.get(name) ?? 0);
      for (const type of events) this.#interested.set(type, [...(this.#interested.get(type) ?? []), webhook]);
      if (events.includes("message")) this.#listen(webhook, topics);
    }
  }

  /** Nothing is sent any more; what was not taken stays in the store. */
  async close(): Promise<void> {
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#interested.clear();
    await Promise.all(Array.from(this.#webhooks.values(), (webhook) => webhook.end()));
  }

  clientConnected(client: ClientDetails): void {
    this.#emit("client.connected", client);
  }

  clientDisconnected(client: Departure): void {
    this.#emit("client.disconnected", client);
  }

  channelOccupied(channel: string): void {
    this.#emit("channel.occupied", { channel });
  }

  channelVacated(channel: string): void {
    this.#emit("channel.vacated", { channel });
  }

  memberJoined(channel: string, info: object): void {
    this.#emit("member.joined", { channel, info });
  }

  memberLeft(channel: string, info: object): void {
    this.#emit("member.left", { channel, info });
  }

  /** By name. */
  stats(): ReadonlyMap<string, WebhookStats> {
    return new Map(Array.from(this.#webhooks, ([name, webhook]) => [name, webhook.stats()]));
  }

  #emit(type: EventType, data: object): void {
    const webhooks = this.#interested.get(type);
    if (!webhooks) return;
    const event = encodeEvent(type, JSON.stringify(data));
    for (const webhook of webhooks) webhook.add(event);
  }

  #listen(webhook: Webhook, topics: readonly string[]): void {
    for (const [index, filter] of topics.entries()) {
      const earlier = topics.slice(0, index);
      const end = this.#parts.bus.subscribe(filter, (message) => {
        if (earlier.some((other) => topicMatches(other, message.topic))) return;
        webhook.add(encodeEvent("message", messageData(message)));
      });
      this.#ends.push(end);
    }
  }

  /** The last offset of each queue that is stored. Those of webhooks that are gone go too. */
  async #findQueues(): Promise<Map<string, number>> {
    const { store, log } = this.#parts;
    const lasts = new Map<string, number>();
    for await (const { name: stream, last, entries } of store.streams()) {
      if (!stream.startsWith(STREAM)) continue;
      const webhook = stream.slice(STREAM.length);
      if (this.#webhooks.has(webhook)) lasts.set(webhook, last);
      else {
        store.dropStream(stream);
        log.warn(
          { webhook, events: entries },
          "the configuration has this webhook no longer: what waited for it is dropped",
        );
      }
    }
    return lasts;
  }
}

/** As JSON text: the payload as channels carry it. */
function messageData({ topic, payload, qos, retain }: BusMessage): string {
  const { data, encoding } = encodePayload(payload);
  const rest = JSON.stringify({ topic, qos, retain, encoding });
  return `${rest.slice(0, -1)},"payload":${data}}`;
}
