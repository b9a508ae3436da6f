import { RawMqtt } from "../../helpers/raw.js";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";

/** How often it fires, in ms. */
const PERIOD = 5;
/** Messages that are not acknowledged; at the bound it waits. */
const WINDOW = 5_000;

/** Publishes at a steady rate at QoS 1, and goes on where it was when its server comes back. */
export class Gun {
  readonly name: string;
  readonly #t: Teardown;
  readonly #perMs: number;
  /** Numbers by packet identifier, in the order in which they were sent. */
  #flying = new Map<number, number>();
  #client: RawMqtt | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #last = 0;
  sent = 0;

  constructor(t: Teardown, name: string, rate: number) {
    this.#t = t;
    this.name = name;
    this.#perMs = rate / 1_000;
    t.after(() => this.cease());
  }

  /** Connects, sends again what is not acknowledged, and goes on. */
  async fire(server: RunningServer): Promise<void> {
    const client = await RawMqtt.connect(this.#t, server);
    this.#client = client;
    const again = [...this.#flying.values()];
    this.#flying = new Map();
    client.onAcknowledged = (id) => this.#flying.delete(id);
    for (const n of again) this.#publish(n);
    this.#last = performance.now();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#shoot(), PERIOD);
  }

  cease(): void {
    clearInterval(this.#timer);
  }

  /** Everything that was sent is acknowledged. */
  async silent(): Promise<void> {
    await this.#client?.until(() => this.#flying.size === 0, `what ${this.name} sent is acknowledged`);
  }

  #shoot(): void {
    const now = performance.now();
    this.#due += (now - this.#last) * this.#perMs;
    this.#last = now;
    if (this.#client?.isClosed) return;
    for (; this.#due >= 1 && this.#flying.size < WINDOW; this.#due--) this.#publish(++this.sent);
  }

  #publish(n: number): void {
    const id = this.#client?.publish(`fire/${this.name}`, JSON.stringify({ from: this.name, n }), 1);
    if (id !== undefined) this.#flying.set(id, n);
  }
}
