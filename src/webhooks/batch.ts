import { createHash } from "node:crypto";
import type { QueuedEvent } from "./queue.js";

const COMMA = Buffer.from(",");
const END = Buffer.from("]}");

/** Events that are sent together. */
export class Batch {
  /** Follows from the events, so that it is the same whenever the same ones are sent together. */
  readonly id: string;
  readonly events: readonly QueuedEvent[];

  constructor(events: readonly QueuedEvent[]) {
    const hash = createHash("sha256");
    for (const { event } of events) hash.update(event);
    this.id = hash.digest("base64url");
    this.events = events;
  }

  get first(): number | undefined {
    return this.events[0]?.offset;
  }

  get last(): number {
    return this.events.at(-1)?.offset ?? 0;
  }

  /** The body of a request that is sent at this time, in milliseconds since 1970. */
  body(webhook: string, sent: number): Buffer {
    const head = JSON.stringify({ id: this.id, webhook, sent });
    const parts = this.events.flatMap(({ event }, index) => (index === 0 ? [event] : [COMMA, event]));
    return Buffer.concat([Buffer.from(`${head.slice(0, -1)},"events":[`), ...parts, END]);
  }
}
