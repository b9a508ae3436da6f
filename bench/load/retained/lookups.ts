import type { Figures } from "../../measure/figures.js";
import { Latency } from "../../measure/latency.js";
import { forgetPeak, processMemory } from "../../measure/memory.js";
import { RssWatch } from "../../measure/rss-watch.js";
import { Client } from "../clients/client.js";
import { clock } from "../clients/payload.js";
import { drain } from "../drain.js";
import { PUBLISH } from "../protocols/mqtt.js";
import type { Endpoint } from "../wire/endpoint.js";
import { Harvest } from "./harvest.js";
import { retainedTopic, wildcards } from "./topics.js";

const LOOKUPS = 100;
const WILDCARDS = 20;
/** A server that searches through everything is asked no more often than this allows. */
const LONGEST_MS = 15_000;
const LONGEST_HARVEST_MS = 60_000;
const QUIET_MS = 10_000;
const MICROSECONDS = 1_000;

/** A client that subscribes, and waits for what is retained. */
export class Lookups {
  readonly #endpoint: Endpoint;
  readonly #client: Client;
  readonly #serverPid: number;

  private constructor(endpoint: Endpoint, client: Client, serverPid: number) {
    this.#endpoint = endpoint;
    this.#client = client;
    this.#serverPid = serverPid;
  }

  static async open(endpoint: Endpoint, serverPid: number): Promise<Lookups> {
    return new Lookups(endpoint, await Client.open(endpoint, { name: "reader" }), serverPid);
  }

  set onLost(callback: (reason: string) => void) {
    this.#client.link.onLost = (reason) => callback(`the reader lost its connection: ${reason}`);
  }

  /** Exact topics that lie evenly among all, one after the other. */
  async exact(total: number) {
    const latency = new Latency();
    const deadline = performance.now() + LONGEST_MS;
    for (let index = 0; index < LOOKUPS && performance.now() < deadline; index++) {
      const started = clock();
      await this.#ask(retainedTopic(Math.floor((index * total) / LOOKUPS)));
      latency.record(clock() - started);
    }
    return latency.summary();
  }

  /** Filters with wildcards that match few of all: the median times to the first and to the last message. */
  async few(total: number) {
    const [first, last] = [new Latency(), new Latency()];
    const { filters, matches } = wildcards(total, WILDCARDS);
    const deadline = performance.now() + LONGEST_MS;
    for (const filter of filters) {
      if (performance.now() > deadline) break;
      const started = performance.now();
      const harvest = await reap(this.#client, filter, matches);
      await drain(() => harvest, LONGEST_MS, QUIET_MS);
      if (harvest.received !== matches)
        throw new Error(
          `a subscription to ${filter} was answered with ${harvest.received} of ${matches} messages`,
        );
      first.record(((harvest.firstAt ?? started) - started) * MICROSECONDS);
      last.record((harvest.lastAt - started) * MICROSECONDS);
    }
    return { first: first.summary().p50, last: last.summary().p50 };
  }

  /** All of them at once, and the most memory that the server had meanwhile. That it ends the connection is an answer, too. */
  async all(total: number): Promise<{ received: number; lost: string | undefined; figures: Figures }> {
    const client = await Client.open(this.#endpoint, { name: "gatherer" });
    const exact = forgetPeak(this.#serverPid);
    const memory = new RssWatch(this.#serverPid);
    const started = performance.now();
    try {
      const harvest = await reap(client, "#", total);
      let lost: string | undefined;
      client.link.onLost = (reason) => {
        lost = reason;
      };
      await drain(() => harvest, LONGEST_HARVEST_MS, QUIET_MS);
      const { received, firstAt, lastAt } = harvest;
      const rssMost = exact ? processMemory(this.#serverPid).peak : memory.most;
      if (firstAt === undefined) return { received, lost, figures: { rssMost } };
      const allPerSecond = (received * 1000) / (lastAt - started);
      return { received, lost, figures: { allFirst: firstAt - started, allPerSecond, rssMost } };
    } catch (error) {
      return { received: 0, lost: (error as Error).message, figures: {} };
    } finally {
      memory.stop();
      client.close();
    }
  }

  close(): void {
    this.#client.close();
  }

  async #ask(topic: string): Promise<void> {
    await this.#client.subscribe([topic], 0);
    const message = await this.#client.inbox.next(`retained message of ${topic}`);
    if (((message[0] ?? 0) & 0xf0) !== PUBLISH || !message.includes(topic))
      throw new Error(`a subscription to ${topic} was answered with ${message.toString("hex", 0, 40)}`);
  }
}

/** Subscribes, and counts what comes from then on. */
async function reap(client: Client, filter: string, wanted: number): Promise<Harvest> {
  const { link, inbox } = client;
  const harvest = new Harvest(wanted);
  link.sink = inbox;
  await client.subscribe([filter], 0);
  link.sink = harvest;
  inbox.handOver(harvest);
  return harvest;
}
