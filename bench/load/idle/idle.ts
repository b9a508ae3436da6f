import { settledRss } from "../../measure/settled.js";
import { Alarm } from "../alarm.js";
import { Client } from "../clients/client.js";
import type { Load, Outcome } from "../plan.js";
import type { IdlePlan } from "./plan.js";

/** So many connect at a time, less than the queue of a listening socket holds. */
const WAVE = 100;
const WARM_UP = 1_000;
const KIBIBYTE = 1024;

/** Connections that do nothing, and what a server needs for them. */
export class IdleLoad implements Load {
  readonly #plan: IdlePlan;
  readonly #clients: Client[] = [];
  readonly #alarm = new Alarm();
  readonly #notes: string[] = [];

  constructor(plan: IdlePlan) {
    this.#plan = plan;
  }

  async run(): Promise<Outcome> {
    const { few, many } = this.#plan;
    await this.#warmUp();
    const before = await this.#settled();
    await this.#connect(few);
    const atFew = await this.#settled();
    const resumed = performance.now();
    await this.#connect(many);
    const connecting = performance.now() - resumed;
    const atMany = await this.#settled();
    return {
      figures: {
        [`idleKibAt${few}`]: (atFew - before) / few / KIBIBYTE,
        [`idleKibAt${many}`]: (atMany - before) / many / KIBIBYTE,
        connectsPerSecond: ((many - few) * 1000) / connecting,
        rssBefore: before,
        rss: atMany,
      },
      notes: this.#notes,
    };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #settled(): Promise<number> {
    const { rss, settled } = await this.#alarm.orRaised(settledRss(this.#plan.serverPid));
    if (!settled) this.#notes.push("memory did not settle while nothing was done.");
    return rss;
  }

  /** A first crowd comes and goes: what a server needs once, for its code and its pools, is not a connection's. */
  async #warmUp(): Promise<void> {
    await this.#connect(WARM_UP);
    for (const client of this.#clients.splice(0)) client.close();
  }

  /** In waves, up to a number of connections in all. */
  async #connect(total: number): Promise<void> {
    while (this.#clients.length < total) {
      const first = this.#clients.length;
      const size = Math.min(WAVE, total - first);
      const wave = Array.from({ length: size }, (_, index) => this.#open(first + index));
      this.#clients.push(...(await this.#alarm.orRaised(Promise.all(wave))));
    }
  }

  async #open(number: number): Promise<Client> {
    const name = `idle-${number}`;
    const { subscriber, filter } = this.#plan;
    const client = await Client.open(subscriber, { name });
    if (filter !== undefined) await client.subscribe([filter], 0);
    client.link.onLost = (reason) => this.#alarm.raise(`${name} lost its connection: ${reason}`);
    return client;
  }
}
