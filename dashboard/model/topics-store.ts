import { numbersIn } from "./fields.js";
import { History } from "./history.js";
import { type Payload, payloadOf } from "./payload.js";
import { Rate } from "./rate.js";
import { weightOf } from "./weight.js";

/** A publication as it comes from the channel. */
export interface Message {
  readonly topic: string;
  readonly data: unknown;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** A last value that the server sent on subscribe, not a message that arrived just now. */
  readonly snapshot: boolean;
  /** When the server got it, in ms; known of some snapshot values. */
  readonly at?: number | undefined;
}

/** Everything the page knows about one topic. Changed in place; `version` grows with each change. */
export interface Topic {
  readonly name: string;
  /** Orders `device-2` before `device-10`. */
  readonly sortKey: string;
  readonly rate: Rate;
  readonly history: History;
  payload: Payload;
  weight: number;
  count: number;
  version: number;
  /** When the last message arrived, in ms; unknown while there is only a value that was retained before the server ran. */
  at: number | undefined;
}

export interface Bounds {
  /** Topics kept; at the bound the one that was silent longest goes. */
  readonly maxTopics: number;
  /** About how many bytes topics and their last values may hold together. */
  readonly maxWeight: number;
  /** Numeric samples kept of the chosen topic. */
  readonly maxSamples: number;
  /** Numeric samples kept over all the others, shared evenly. */
  readonly maxOtherSamples: number;
}

const DEFAULTS: Bounds = {
  maxTopics: 5_000,
  maxWeight: 64 * 1024 * 1024,
  maxSamples: 600,
  maxOtherSamples: 30_000,
};

const TOPIC_WINDOW = 10;
const TOTAL_WINDOW = 60;

/**
 * What has arrived, independent of how it is shown: written per message, read a few times a second. Its maps keep
 * topics in the order of their last message, so that the first one is the one to drop.
 */
export class TopicsStore {
  readonly bounds: Bounds;
  rate = new Rate(TOTAL_WINDOW);
  #topics = new Map<string, Topic>();
  #chosen: string | undefined;
  #weight = 0;
  #messages = 0;
  #dropped = 0;
  #setVersion = 0;

  constructor(bounds: Partial<Bounds> = {}) {
    this.bounds = { ...DEFAULTS, ...bounds };
  }

  get size(): number {
    return this.#topics.size;
  }

  /** Messages that arrived since the page was opened. */
  get messages(): number {
    return this.#messages;
  }

  /** Topics dropped at a bound. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Grows when a topic comes or goes. */
  get setVersion(): number {
    return this.#setVersion;
  }

  topics(): IterableIterator<Topic> {
    return this.#topics.values();
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  /** The topic under inspection keeps the longer history and is never dropped. */
  choose(name: string | undefined): void {
    this.#chosen = name;
  }

  /** Forgets everything that has arrived. */
  clear(): void {
    this.#topics.clear();
    this.rate = new Rate(TOTAL_WINDOW);
    this.#chosen = undefined;
    this.#weight = 0;
    this.#messages = 0;
    this.#dropped = 0;
    this.#setVersion++;
  }

  record(message: Message, now: number): void {
    const payload = payloadOf(message.data, message.tags);
    const topic = this.#topics.get(message.topic);
    if (!topic) this.#insert(message, payload, now);
    else if (message.snapshot) this.#refresh(topic, payload, now);
    else this.#update(topic, payload, now);
    if (message.snapshot) return;
    this.#messages++;
    this.rate.add(now);
  }

  #insert(message: Message, payload: Payload, now: number): void {
    const topic: Topic = {
      name: message.topic,
      sortKey: message.topic.slice(0, 256).replace(/\d+/g, (digits) => digits.padStart(12, "0")),
      rate: new Rate(TOPIC_WINDOW),
      history: new History(),
      payload,
      weight: weightOf(payload) + 2 * message.topic.length,
      count: 0,
      version: 1,
      // The clocks of server and page may differ; nothing is younger than now.
      at: message.at && Math.min(message.at, now),
    };
    this.#topics.set(topic.name, topic);
    this.#weight += topic.weight;
    this.#setVersion++;
    if (message.snapshot) topic.history.add(numbersIn(payload), topic.at ?? now, this.#limit(topic));
    else this.#arrived(topic, now);
    this.#dropOverBounds(topic);
  }

  #update(topic: Topic, payload: Payload, now: number): void {
    this.#replace(topic, payload);
    // Back in at the end: the map's order is the order of the last messages.
    this.#topics.delete(topic.name);
    this.#topics.set(topic.name, topic);
    this.#arrived(topic, now);
    this.#dropOverBounds(topic);
  }

  /** After a reconnect the server sends every last value again; what is the same is no news. */
  #refresh(topic: Topic, payload: Payload, now: number): void {
    if (samePayload(topic.payload, payload)) return;
    this.#replace(topic, payload);
    topic.at = now;
    topic.history.add(numbersIn(payload), now, this.#limit(topic));
    this.#dropOverBounds(topic);
  }

  #replace(topic: Topic, payload: Payload): void {
    const weight = weightOf(payload) + 2 * topic.name.length;
    this.#weight += weight - topic.weight;
    topic.weight = weight;
    topic.payload = payload;
    topic.version++;
  }

  #arrived(topic: Topic, now: number): void {
    topic.count++;
    topic.at = now;
    topic.rate.add(now);
    topic.history.add(numbersIn(topic.payload), now, this.#limit(topic));
  }

  #limit(topic: Topic): number {
    const { maxSamples, maxOtherSamples } = this.bounds;
    if (topic.name === this.#chosen) return maxSamples;
    return Math.max(1, Math.min(maxSamples, Math.floor(maxOtherSamples / this.#topics.size)));
  }

  #dropOverBounds(newest: Topic): void {
    const { maxTopics, maxWeight } = this.bounds;
    if (this.#topics.size <= maxTopics && this.#weight <= maxWeight) return;
    for (const topic of this.#topics.values()) {
      if (this.#topics.size <= maxTopics && this.#weight <= maxWeight) return;
      if (topic === newest || topic.name === this.#chosen) continue;
      this.#topics.delete(topic.name);
      this.#weight -= topic.weight;
      this.#dropped++;
      this.#setVersion++;
    }
  }
}

function samePayload(a: Payload, b: Payload): boolean {
  if (a.kind === "json" && b.kind === "json") return sameJson(a.value, b.value);
  if (a.kind === "text" && b.kind === "text") return a.text === b.text;
  return a.kind === "binary" && b.kind === "binary" && a.base64 === b.base64;
}

function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch {
    return false; // Nested too deeply to compare: taken as a change, which is harmless.
  }
}
