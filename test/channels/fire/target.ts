import { Centrifuge, type Subscription } from "centrifuge";
import type { Teardown } from "../../helpers/teardown.js";
import type { Random } from "../../model/random.js";
import { cuttable } from "../support/cuttable.js";
import type { Ledger, Shot } from "./ledger.js";

/** How much longer it may take, in ms. */
const PATIENCE = 30_000;

/** The reference client, whose connection is cut again and again. */
export class Target {
  readonly #client: Centrifuge;
  readonly #subscription: Subscription;
  readonly #cut: () => void;
  readonly #name: string;
  readonly #ledger: Ledger;
  readonly #fault: (text: string) => void;
  #epoch = "";
  /** Of the last publication that it has. */
  offset: number | undefined;
  cuts = 0;
  recovered = 0;
  unrecovered = 0;

  constructor(t: Teardown, url: string, name: string, ledger: Ledger, fault: (text: string) => void) {
    this.#name = name;
    this.#ledger = ledger;
    this.#fault = fault;
    const { websocket, cut } = cuttable();
    this.#cut = cut;
    this.#client = new Centrifuge(url, { websocket, minReconnectDelay: 5, maxReconnectDelay: 300 });
    t.after(() => this.#client.disconnect());
    this.#client.on("disconnected", ({ code }) => {
      if (code !== 0) fault(`${name} was sent away with code ${code}`);
    });
    this.#subscription = this.#client.newSubscription("fire");
    this.#subscription.on("unsubscribed", ({ code }) => {
      if (code !== 0) fault(`${name} was unsubscribed with code ${code}`);
    });
    this.#subscription.on("subscribed", ({ wasRecovering, recovered, streamPosition }) => {
      this.#subscribed(wasRecovering, recovered, streamPosition?.epoch ?? "", streamPosition?.offset ?? 0);
    });
    this.#subscription.on("publication", ({ offset = 0, data }) => this.#take(offset, data));
  }

  begin(): Promise<unknown> {
    const subscribed = new Promise((resolve) => this.#subscription.once("subscribed", resolve));
    this.#subscription.subscribe();
    this.#client.connect();
    return subscribed;
  }

  /** Cuts it at random moments until `until`, and until it has come back so often; on a busy machine that takes longer. */
  async suffer(random: Random, until: number, comebacks: number): Promise<void> {
    for (;;) {
      const pause = random.between(50, 700);
      const isEnough = this.recovered + this.unrecovered >= comebacks;
      if (performance.now() + pause > (isEnough ? until : until + PATIENCE)) return;
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.#client.state !== "connected") continue;
      this.cuts++;
      this.#cut();
    }
  }

  /** The offset of the newest publication there is. */
  async top(): Promise<number> {
    return (await this.#subscription.history({ limit: 0 })).offset;
  }

  end(): void {
    this.#client.disconnect();
  }

  #subscribed(wasRecovering: boolean, recovered: boolean, epoch: string, offset: number): void {
    if (recovered) {
      this.recovered++;
      if (epoch !== this.#epoch || offset !== this.offset)
        this.#fault(
          `${this.#name} is to have recovered from ${epoch} ${offset}, it had ${this.#epoch} ${this.offset}`,
        );
    } else if (wasRecovering) this.unrecovered++;
    this.#epoch = epoch;
    this.offset = offset;
  }

  #take(offset: number, shot: Shot): void {
    if (offset !== (this.offset ?? 0) + 1)
      this.#fault(
        `${this.#name} is given ${offset} after ${this.offset}, having been told that it recovers everything`,
      );
    this.#ledger.told(this.#epoch, offset, shot);
    this.offset = offset;
  }
}
