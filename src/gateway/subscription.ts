import type { Subscriber } from "./channels.js";
import type { Fault } from "./fault.js";
import type { Outbox } from "./outbox.js";
import type { Publication } from "./publication.js";
import { PAGE_BYTES, type Replay } from "./replay.js";

/** What a subscription needs of its session. */
export interface SubscriptionHost {
  readonly outbox: Outbox;
  readonly replay: Replay;
  /** Answers the subscribe command with the members of its result, as JSON text. */
  accepted(subscription: Subscription, result: string): void;
  refused(subscription: Subscription, fault: Fault): void;
}

/** One channel of one session of the channel protocol. */
export class Subscription implements Subscriber {
  readonly channel: string;
  /** The id of the command that asked for it. */
  readonly command: number;
  /** Ends it in the channel. */
  leave: () => void = () => {};
  settled = false;
  readonly #host: SubscriptionHost;
  readonly #outbox: Outbox;

  constructor(host: SubscriptionHost, channel: string, command: number) {
    this.#host = host;
    this.#outbox = host.outbox;
    this.channel = channel;
    this.command = command;
  }

  subscribed(snapshot: Iterator<Publication>): void {
    this.settled = true;
    const { page, rest } = firstPage(snapshot, PAGE_BYTES - this.#outbox.waiting);
    this.#host.accepted(this, page.length > 0 ? `"publications":[${page.join(",")}]` : "");
    if (rest) this.#host.replay.add(this, rest);
  }

  refused(fault: Fault): void {
    this.settled = true;
    this.#host.refused(this, fault);
  }

  deliver(publication: Publication): void {
    this.#outbox.append(publication.push);
  }
}

/** What fits in the answer; the rest follows as the client takes it. */
function firstPage(
  snapshot: Iterator<Publication>,
  room: number,
): { page: string[]; rest?: Iterator<Publication> } {
  const page: string[] = [];
  for (let size = 0; size < room; ) {
    const next = snapshot.next();
    if (next.done) return { page };
    const { snapshot: json } = next.value;
    page.push(json);
    size += json.length;
  }
  return { page, rest: snapshot };
}
