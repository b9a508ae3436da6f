import type { EventType } from "./events.js";

/** One webhook; an item of the `webhooks` list of the configuration. Sizes in bytes, times in milliseconds. */
export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
  readonly events: readonly EventType[];
  /** Of the event `message`. */
  readonly topics: readonly string[];
  readonly timeout: number;
  readonly batch: {
    readonly events: number;
    readonly size: number;
    readonly delay: number;
  };
  readonly retry: {
    readonly min: number;
    readonly max: number;
    /** Tries after which a batch that is refused is given up. */
    readonly refusals: number;
  };
  readonly queue: {
    readonly events: number;
    readonly size: number;
  };
}
