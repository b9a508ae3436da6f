import { errors } from "./codes.js";
import { Fault } from "./fault.js";

/** What one session may publish, on average; none where it is left out. */
export interface PublishRates {
  /** Messages a second. */
  readonly messageRate?: number | undefined;
  /** Bytes a second. */
  readonly byteRate?: number | undefined;
}

/** So much may come at once, in ms of the rate. */
const BURST_MS = 1_000;

/** How much of a rate has been used. */
class Use {
  readonly #perMs: number;
  /** Up to when the rate is used up, in ms of {@link performance.now}. */
  #until = 0;

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1_000;
  }

  /** What is larger than what may come at once has to wait until nothing is used. */
  isOver(amount: number, now: number): boolean {
    const used = this.#until - now;
    return used > 0 && used + amount / this.#perMs > BURST_MS;
  }

  add(amount: number, now: number): void {
    this.#until = Math.max(this.#until, now) + amount / this.#perMs;
  }
}

/** Keeps what a session publishes to a rate. */
export class PublishLimit {
  readonly #messages: Use | undefined;
  readonly #bytes: Use | undefined;
  readonly #now: () => number;

  private constructor({ messageRate, byteRate }: PublishRates, now: () => number) {
    this.#messages = messageRate === undefined ? undefined : new Use(messageRate);
    this.#bytes = byteRate === undefined ? undefined : new Use(byteRate);
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
