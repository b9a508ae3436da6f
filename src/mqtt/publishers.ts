import type { Publisher } from "./intake.js";

/** Those who publish on the bus: each keeps the order of its own messages, and waits for nobody else's. */
export class Publishers {
  /** Of whom something is on its way. */
  readonly #byOrigin = new Map<string, Publisher>();

  /** Has `publish` called with the publisher of this origin. */
  async as(origin: string, publish: (publisher: Publisher) => Promise<void>): Promise<void> {
    const publisher = this.#byOrigin.get(origin) ?? { pending: 0, pendingBytes: 0 };
    this.#byOrigin.set(origin, publisher);
    try {
      await publish(publisher);
    } finally {
      if (publisher.pending === 0) this.#byOrigin.delete(origin);
    }
  }
}
