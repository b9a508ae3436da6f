import { settledRss } from "../../measure/settled.js";
import { Alarm } from "../alarm.js";
import { Client } from "../clients/client.js";
import { Series } from "../clients/series.js";
import type { Load, Outcome } from "../plan.js";
import { supply } from "../supply.js";
import { sessionName, sessionTopic } from "./names.js";
import type { PopulatePlan } from "./plan.js";

/** So many clients come and go at a time, less than the queue of a listening socket holds. */
const AT_A_TIME = 64;
const WINDOW = 1_000;

/** Leaves kept sessions behind, and messages that wait in some of them. */
export class PopulateLoad implements Load {
  readonly #plan: PopulatePlan;
  readonly #alarm = new Alarm();
  #series: Series | undefined;
  #next = 0;

  constructor(plan: PopulatePlan) {
    this.#plan = plan;
  }

  async run(): Promise<Outcome> {
    const { sessions, serverPid } = this.#plan;
    const { rss: rssBefore } = await settledRss(serverPid);
    const started = performance.now();
    await Promise.all(Array.from({ length: AT_A_TIME }, () => this.#leaveSessions()));
    const sessionsPerSecond = (sessions * 1000) / (performance.now() - started);
    await this.#queue();
    return { figures: { rssBefore, sessionsPerSecond } };
  }

  close(): void {
    this.#series?.close();
  }

  /** One after the other, until there are enough of all. */
  async #leaveSessions(): Promise<void> {
    while (this.#next < this.#plan.sessions) {
      const number = this.#next++;
      const client = await Client.open(this.#plan.subscriber, { name: sessionName(number), kept: true });
      await client.subscribe([sessionTopic(number)], 1);
      client.close();
    }
  }

  async #queue(): Promise<void> {
    const { publisher, sessions, queuedEvery, queuedMessages, payloadBytes } = this.#plan;
    const queues = Math.floor(sessions / queuedEvery);
    const topic = (number: number) => sessionTopic((number % queues) * queuedEvery);
    this.#series = await Series.open(publisher, { payloadBytes, retain: false, topic });
    this.#series.onLost = this.#alarm.raise;
    await this.#alarm.orRaised(supply(this.#series, queues * queuedMessages, WINDOW));
  }
}
