import { errors } from "./codes.js";
import { Fault } from "./fault.js";
import { RateUse } from "./rate-use.js";

/** What one session may publish, on average; none where it is left out. */
export interface PublishRates {
  /** Messages a second. */
  readonly messageRate?: number | undefined;
  /** Bytes a second. */
  readonly byteRate?: number | undefined;
}

/** Keeps what a session publishes to a rate. */
export class PublishLimit {
  readonly #messages: RateUse | undefined;
  readonly #bytes: RateUse | undefined;
  readonly #now: () => number;

  private constructor({ messageRate, byteRate }: PublishRates, now: () => number) {
    this.#messages = messageRate === undefined ? undefined : new RateUse(messageRate);
    this.#bytes = byteRate === undefined ? undefined : new RateUse(byteRate);
    this.#now = now;
  }

  /** Undefined when there is none. */
  static of(rates: PublishRates, now = () => performance.now()): PublishLimit | undefined {
    const { messageRate, byteRate } = rates;
    return messageRate === undefined && byteRate === undefined ? undefined : new PublishLimit(rates, now);
  }

  /** @throws {Fault} when the rate is used up. */
  take(bytes: number): void {
    const now = this.#now();
    if (this.#messages?.isOver(1, now))
      throw new Fault(errors.tooManyRequests, "the session publishes more messages than limits.messageRate");
    if (this.#bytes?.isOver(bytes, now))
      throw new Fault(errors.tooManyRequests, "the session publishes more bytes than limits.byteRate");
    this.#messages?.add(1, now);
    this.#bytes?.add(bytes, now);
  }
}
