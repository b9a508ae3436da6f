import { Latency } from "../../measure/latency.js";
import { processMemory } from "../../measure/memory.js";
import { settledRss } from "../../measure/settled.js";
import { Client } from "../clients/client.js";
import { blankPayload, clock } from "../clients/payload.js";
import { latencyFigures } from "../meter.js";
import type { Load, Outcome } from "../plan.js";
import { mqtt, PUBLISH } from "../protocols/mqtt.js";
import { sessionName, sessionTopic } from "./names.js";
import type { RestorePlan } from "./plan.js";

/** Clients that come back, of those for whom something waits and of the others. */
const SAMPLE = 100;

/** What a server needs for sessions that it has found, and whether they are as they were left. */
export class RestoreLoad implements Load {
  readonly #plan: RestorePlan;
  readonly #latency = new Latency();
  #client: Client | undefined;
  #received = 0;

  constructor(plan: RestorePlan) {
    this.#plan = plan;
  }

  async run(): Promise<Outcome> {
    const { sessions, queuedEvery, queuedMessages, serverPid } = this.#plan;
    const { peak } = processMemory(serverPid);
    const { rss, settled } = await settledRss(serverPid);
    const step = Math.max(1, Math.floor(sessions / queuedEvery / SAMPLE)) * queuedEvery;
    let expected = 0;
    for (let number = 0; number + 1 < sessions; number += step) {
      await this.#comeBack(number, queuedMessages);
      await this.#comeBack(number + 1, 0);
      expected += queuedMessages + 2;
    }
    const received = this.#received;
    const { samples } = this.#latency.summary();
    return {
      figures: { ...latencyFigures(this.#latency), rss, peakRss: peak },
      account: {
        sent: expected,
        expected,
        received,
        lost: 0,
        foreign: 0,
        stalls: 0,
        latencySamples: samples,
      },
      notes: settled ? [] : ["memory did not settle while nothing was done."],
    };
  }

  close(): void {
    this.#client?.close();
  }

  /** What waited has to come, and then what is published now to the topic that the session was subscribed to. */
  async #comeBack(number: number, waiting: number): Promise<void> {
    const started = clock();
    const client = await Client.open(this.#plan.subscriber, { name: sessionName(number), kept: true });
    this.#client = client;
    const topic = sessionTopic(number);
    for (let message = 1; message <= waiting; message++)
      await this.#receive(
        client,
        topic,
        `message ${message} of ${waiting} that waited in the restored session`,
      );
    client.send(mqtt.publication(topic, blankPayload(this.#plan.payloadBytes), 0).bytes);
    await this.#receive(client, topic, "message to the restored subscription");
    this.#latency.record(clock() - started);
    client.close();
  }

  async #receive(client: Client, topic: string, what: string): Promise<void> {
    const packet = await client.inbox.next(`${what} at ${topic}`);
    if (((packet[0] ?? 0) & 0xf0) !== PUBLISH || !packet.includes(topic))
      throw new Error(`${what} at ${topic}: there came ${packet.toString("hex", 0, 40)}`);
    this.#received++;
  }
}
