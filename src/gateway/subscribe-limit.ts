import { errors } from "./codes.js";
import { Fault } from "./fault.js";
import { RateUse } from "./rate-use.js";

/** How often one session may subscribe, on average; left out: as often as it likes. */
export interface SubscribeRates {
  /** Channels a second. */
  readonly subscribeRate?: number | undefined;
}

/** Keeps a session from subscribing without a pause: each time it may be told all that a channel holds. */
export class SubscribeLimit {
  readonly #use: RateUse;
  readonly #now: () => number;

  private constructor(perSecond: number, now: () => number) {
    this.#use = new RateUse(perSecond);
    this.#now = now;
  }

  /** Undefined when there is none. */
  static of({ subscribeRate }: SubscribeRates, now = () => performance.now()): SubscribeLimit | undefined {
    return subscribeRate === undefined ? undefined : new SubscribeLimit(subscribeRate, now);
  }

  /** @throws {Fault} when the rate is used up. */
  take(): void {
    const now = this.#now();
    if (this.#use.isOver(1, now))
      throw new Fault(
        errors.tooManyRequests,
        "the session subscribes to more channels than limits.subscribeRate",
      );
    this.#use.add(1, now);
  }
}
