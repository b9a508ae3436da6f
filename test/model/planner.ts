import type { Publication, QoS } from "./message.js";
import type { Plan, Step, Subscription } from "./plan.js";
import { Random } from "./random.js";

const TOPICS = ["", "/a", "/a/b", "/a/c", "/b/b", "//b"];
const FILTERS = ["/#", "/+", "/+/+", "/+/b", "/a/#", "/a", "/a/b", "", "//b", "/r/+", "/r/#", "/r/0", "/r/1"];
const QOS: readonly QoS[] = [0, 1, 2];
/** Of what happens between the first connections and the end. */
const WEIGHTS = {
  publish: 44,
  connect: 12,
  subscribe: 9,
  unsubscribe: 4,
  cut: 5,
  "cut mid-packet": 2,
  disconnect: 3,
  answer: 9,
  "hold answers": 5,
  "answer at once": 4,
  "stop reading": 2,
  read: 2,
  ping: 5,
  turns: 9,
};
const MOST_IN_A_BURST = 6;

export interface PlanOptions {
  /** Restarts of the server in the middle. */
  readonly restarts?: number;
}

/** The plan that a seed stands for. */
export function planOf(seed: number, { restarts = 0 }: PlanOptions = {}): Plan {
  return new Planner(seed).plan(restarts);
}

class Planner {
  readonly #seed: number;
  readonly #random: Random;
  readonly #windows: number[];
  /** What each client is likely to be: kept or clean, more a publisher or more a subscriber. */
  readonly #keeps: boolean[];
  readonly #online: boolean[];

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed);
    const clients = Array.from({ length: this.#random.between(2, 5) });
    this.#windows = clients.map(() => this.#random.oneOf([1, 2, 3, 5, 8]));
    this.#keeps = clients.map(() => this.#random.chance(0.6));
    this.#online = clients.map(() => true);
  }

  plan(restarts: number): Plan {
    const random = this.#random;
    const steps: Step[] = [];
    for (const client of this.#windows.keys()) {
      steps.push(this.#connect(client));
      if (random.chance(0.8)) steps.push(this.#subscribe(client));
    }
    const length = random.between(15, 60);
    for (let i = 0; i < length; i++) steps.push(this.#step());
    for (let i = 0; i < restarts; i++) {
      const how = random.oneOf(["stop", "kill"] as const);
      steps.splice(random.between(this.#windows.length, steps.length), 0, { kind: "restart", how });
    }
    return { seed: this.#seed, windows: this.#windows, steps };
  }

  #step(): Step {
    const random = this.#random;
    const client = random.between(0, this.#windows.length - 1);
    const kind = random.weighted(WEIGHTS);
    // Most of the time the one that happens to be away comes back, so that there is somebody to do the rest.
    if (kind !== "turns" && !this.#online[client] && random.chance(0.4)) return this.#connect(client);
    switch (kind) {
      case "publish":
        return { kind, client, messages: this.#burst(client) };
      case "connect":
        return this.#online[client] && random.chance(0.7) ? this.#leave(client) : this.#connect(client);
      case "subscribe":
        return this.#subscribe(client);
      case "unsubscribe":
        return { kind, client, filter: random.oneOf(FILTERS) };
      case "cut":
      case "cut mid-packet":
      case "disconnect":
        this.#online[client] = false;
        return { kind, client };
      case "answer":
        return { kind, client, count: random.between(1, 8), newestFirst: random.chance(0.4) };
      case "turns":
        return { kind, count: random.between(1, 6) };
      default:
        return { kind, client };
    }
  }

  #connect(client: number): Step {
    this.#online[client] = true;
    const usual = this.#keeps[client] ?? false;
    const clean = this.#random.chance(0.15) ? usual : !usual;
    return { kind: "connect", client, clean, ws: this.#random.chance(0.25) };
  }

  #leave(client: number): Step {
    this.#online[client] = false;
    return { kind: this.#random.oneOf(["cut", "disconnect"] as const), client };
  }

  #subscribe(client: number): Step {
    const random = this.#random;
    const subscriptions: Subscription[] = [];
    const count = random.oneOf([1, 1, 2, 3]);
    for (let i = 0; i < count; i++) {
      const filter = random.oneOf(FILTERS);
      if (subscriptions.some((other) => other.filter === filter)) continue;
      subscriptions.push({ filter, qos: random.oneOf([0, 1, 2, 2]) });
    }
    return { kind: "subscribe", client, subscriptions };
  }

  #burst(client: number): Publication[] {
    const count = this.#random.between(1, MOST_IN_A_BURST);
    // Bursts to one topic put its order to the test; mixed ones let topics overtake each other.
    const topic = this.#random.chance(0.6) ? this.#topic(client) : undefined;
    return Array.from({ length: count }, () => this.#publication(topic ?? this.#topic(client)));
  }

  #topic(client: number): string {
    // What is retained in the end can be told only where one client publishes.
    return this.#random.chance(0.25) ? `/r/${client}` : this.#random.oneOf(TOPICS);
  }

  #publication(topic: string): Publication {
    const random = this.#random;
    const retain = topic.startsWith("/r/") && random.chance(0.7);
    const size = random.chance(0.05) ? random.between(1_000, 40_000) : random.between(12, 60);
    return { topic, qos: random.oneOf(QOS), retain, size: retain && random.chance(0.12) ? 0 : size };
  }
}
