import { drain } from "../drain.js";
import type { Account } from "../plan.js";
import type { Endpoint } from "../wire/endpoint.js";
import { Client } from "./client.js";
import { Tally } from "./tally.js";

const NAME = "sleeper";
/** A server may look for what has waited for a while, and pause where its queue has pages. */
const QUIET_MS = 10_000;
const LONGEST_MS = 90_000;

/** A client with a kept session, that goes away and comes back for what has waited meanwhile. */
export class Sleeper {
  onLost: (reason: string) => void = () => {};
  readonly #endpoint: Endpoint;
  #client: Client | undefined;
  #tally: Tally | undefined;
  #connectingAt = 0;
  #connectedAt = 0;

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Leaves a session behind that is subscribed to the filter. */
  static async leave(endpoint: Endpoint, filter: string): Promise<Sleeper> {
    const client = await Client.open(endpoint, { name: NAME, kept: true });
    await client.subscribe([filter], 1);
    client.close();
    return new Sleeper(endpoint);
  }

  /** Resolves with CONNACK. `sent` holds the number of messages of each publisher. */
  async comeBack(sent: readonly number[]): Promise<void> {
    this.#connectingAt = performance.now();
    const client = await Client.open(this.#endpoint, { name: NAME, kept: true });
    this.#connectedAt = performance.now();
    const tally = new Tally(sent, (acknowledgements) => client.send(acknowledgements));
    [this.#client, this.#tally] = [client, tally];
    client.link.onLost = (reason) => this.onLost(`${NAME} lost its connection: ${reason}`);
    client.link.sink = tally;
    client.inbox.handOver(tally);
  }

  /** Resolves when all has come that has waited, or nothing comes any more. */
  async getAll(): Promise<void> {
    const { tally } = this;
    await drain(() => tally, LONGEST_MS, QUIET_MS);
  }

  /** Milliseconds to the first message from connecting, and from CONNACK; undefined when there was none. */
  get first(): { readonly fromConnecting: number; readonly fromConnack: number } | undefined {
    const { firstAt } = this.tally;
    if (firstAt === undefined) return undefined;
    return { fromConnecting: firstAt - this.#connectingAt, fromConnack: firstAt - this.#connectedAt };
  }

  /** Between CONNACK and the last message. */
  get perSecond(): number {
    const { received, lastAt } = this.tally;
    return received > 0 ? (received * 1000) / (lastAt - this.#connectedAt) : 0;
  }

  get tally(): Tally {
    if (!this.#tally) throw new Error("the client is away");
    return this.#tally;
  }

  get account(): Account {
    const { expected, received, lost, foreign } = this.tally;
    return { sent: expected, expected, received, lost, foreign, stalls: 0, latencySamples: 0 };
  }

  close(): void {
    this.#client?.close();
  }
}
