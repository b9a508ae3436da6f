import { Bucket } from "./bucket.js";

/** What one client may send, a second. Absent: without a bound. */
export interface RateLimits {
  readonly messageRate?: number | undefined;
  readonly byteRate?: number | undefined;
  /** Topic filters. */
  readonly subscribeRate?: number | undefined;
}

/** Which limit is reached. */
export type RateLimit = "messageRate" | "byteRate";

/** What one client may send now. */
export class Allowance {
  readonly #messages: Bucket | undefined;
  readonly #bytes: Bucket | undefined;
  readonly #filters: Bucket | undefined;

  constructor({ messageRate, byteRate, subscribeRate }: RateLimits) {
    this.#messages = messageRate === undefined ? undefined : new Bucket(messageRate);
    this.#bytes = byteRate === undefined ? undefined : new Bucket(byteRate);
    this.#filters = subscribeRate === undefined ? undefined : new Bucket(subscribeRate);
  }

  /** Undefined when there is no limit. */
  static of(limits: RateLimits): Allowance | undefined {
    const { messageRate, byteRate, subscribeRate } = limits;
    const isLimited = messageRate !== undefined || byteRate !== undefined || subscribeRate !== undefined;
    return isLimited ? new Allowance(limits) : undefined;
  }

  /** What keeps a message from being taken that nobody would send again. */
  get exhausted(): RateLimit | undefined {
    if (this.#messages && this.#messages.wait > 0) return "messageRate";
    return this.#bytes && this.#bytes.wait > 0 ? "byteRate" : undefined;
  }

  takeMessage(bytes: number): void {
    this.#messages?.take(1);
    this.#bytes?.take(bytes);
  }

  takeFilters(filters: number): void {
    this.#filters?.take(filters);
  }

  /** Milliseconds until the client is to be read again. */
  get wait(): number {
    return Math.max(this.#messages?.wait ?? 0, this.#bytes?.wait ?? 0, this.#filters?.wait ?? 0);
  }
}
