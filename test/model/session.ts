import { NEVER } from "./clock.js";
import type { Message, QoS } from "./message.js";
import type { Subscription } from "./plan.js";
import { Register } from "./register.js";
import { filterMatches } from "./topic-filter.js";

/** The QoS of a filter that is not subscribed to. */
export const NONE = -1;

/** One of a session's connections. */
export interface Attachment {
  readonly number: number;
  readonly connectSentAt: number;
  /** CONNACK: from then on the server knows that the client is there. */
  readonly connackAt: number;
  /** The session was there before. */
  readonly resumed: boolean;
  closedAt: number;
}

/** A message that got to the client, and not for the second time as the same packet. */
export interface Arrival {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly at: number;
  readonly attachment: Attachment;
}

/** A SUBSCRIBE of one or more filters. */
export interface Request {
  readonly subscriptions: readonly Subscription[];
  readonly attachment: Attachment;
  readonly sentAt: number;
  ackedAt: number;
}

/** At which QoS a message may be delivered. `lowest` is {@link NONE} when it may as well not be. */
export interface Expectation {
  readonly lowest: number;
  readonly highest: number;
  readonly possible: ReadonlySet<number>;
}

/** What is known from outside of one session in the server, and what its client has got from it. */
export class Session {
  readonly clientId: string;
  readonly kept: boolean;
  readonly attachments: Attachment[] = [];
  readonly arrivals: Arrival[] = [];
  /** Messages that came as they were published, not because they were retained. */
  readonly live = new Set<Message>();
  readonly requests: Request[] = [];
  readonly #filters = new Map<string, Register<number>>();
  endedAt = NEVER;

  constructor(clientId: string, kept: boolean) {
    this.clientId = clientId;
    this.kept = kept;
  }

  get alive(): boolean {
    return this.endedAt === NEVER;
  }

  arrived(arrival: Arrival): void {
    this.arrivals.push(arrival);
    if (!arrival.retain) this.live.add(arrival.message);
  }

  filter(filter: string): Register<number> {
    let register = this.#filters.get(filter);
    if (!register) {
      register = new Register(NONE);
      this.#filters.set(filter, register);
    }
    return register;
  }

  /** At which QoS a message is delivered that the server takes at some instant from `from` to `to` [MQTT-3.3.5-1]. */
  expectation({ topic, qos }: Pick<Message, "topic" | "qos">, from: number, to: number): Expectation {
    let lowest = NONE;
    let highest = NONE;
    const granted = new Set<number>();
    for (const [filter, register] of this.#filters) {
      if (!filterMatches(filter, topic)) continue;
      const possible = register.possible(from, to);
      lowest = Math.max(lowest, Math.min(...possible));
      highest = Math.max(highest, ...possible);
      for (const value of possible) granted.add(value);
    }
    const possible = new Set(
      [...granted].filter((value) => value >= lowest).map((value) => Math.min(value, qos)),
    );
    return { lowest: Math.min(lowest, qos), highest: Math.min(highest, qos), possible };
  }

  /** The connection that was there during all of the time. */
  attachedFrom(from: number, to: number): Attachment | undefined {
    return this.attachments.find(({ connackAt, closedAt }) => connackAt < from && closedAt > to);
  }

  toString(): string {
    return `${this.clientId} (${this.kept ? "kept" : "clean"} session of connection ${this.attachments[0]?.number})`;
  }
}
