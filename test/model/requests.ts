import type { ISubackPacket, Packet } from "mqtt-packet";
import { type Clock, NEVER } from "./clock.js";
import type { Subscription } from "./plan.js";
import type { Write } from "./register.js";
import { type Attachment, NONE, type Request, type Session } from "./session.js";

/** A SUBSCRIBE or UNSUBSCRIBE that has not been answered. */
interface Pending {
  readonly writes: readonly Write<number>[];
  readonly request?: Request;
}

export interface RequestsContext {
  readonly clock: Clock;
  send(packet: Packet): void;
  fault(text: string): void;
}

/** Identifiers of SUBSCRIBE and UNSUBSCRIBE are far from those of messages. */
const FIRST_ID = 1_000;

/** What a client asks on one connection and the server answers: SUBSCRIBE, UNSUBSCRIBE and PINGREQ. */
export class Requests {
  readonly #context: RequestsContext;
  readonly #pending = new Map<number, Pending>();
  #pings: (() => void)[] = [];
  #lastId = FIRST_ID;

  constructor(context: RequestsContext) {
    this.#context = context;
  }

  get unanswered(): string[] {
    return [...this.#pending.keys()].map((id) => `SUBACK or UNSUBACK ${id}`);
  }

  subscribe(subscriptions: readonly Subscription[], session: Session, attachment: Attachment): void {
    const sentAt = this.#context.clock.tick();
    const writes = subscriptions.map(({ filter, qos }) => session.filter(filter).write(qos, sentAt));
    const request = { subscriptions, attachment, sentAt, ackedAt: NEVER };
    session.requests.push(request);
    this.#context.send({
      cmd: "subscribe",
      messageId: this.#ask({ writes, request }),
      subscriptions: subscriptions.map(({ filter, qos }) => ({ topic: filter, qos })),
    });
  }

  unsubscribe(filter: string, session: Session): void {
    const write = session.filter(filter).write(NONE, this.#context.clock.tick());
    const messageId = this.#ask({ writes: [write] });
    this.#context.send({ cmd: "unsubscribe", messageId, unsubscriptions: [filter] });
  }

  ping(answered: () => void): void {
    this.#pings.push(answered);
    this.#context.send({ cmd: "pingreq" });
  }

  suback({ messageId = 0, granted }: ISubackPacket): void {
    const asked = this.#pending.get(messageId)?.writes.map(({ value }) => value) ?? [];
    if (asked.join() !== granted.join())
      this.#context.fault(`SUBACK granted ${granted.join()} where ${asked.join()} was asked for`);
    this.answered(messageId);
  }

  answered(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) {
      this.#context.fault(`SUBACK or UNSUBACK with the identifier ${id} was not expected`);
      return;
    }
    this.#pending.delete(id);
    const now = this.#context.clock.tick();
    for (const write of pending.writes) write.ackedAt = now;
    if (pending.request) pending.request.ackedAt = now;
  }

  pingresp(): void {
    const answered = this.#pings.shift();
    if (answered) answered();
    else this.#context.fault("PINGRESP was not expected");
  }

  /** The connection is gone, and nothing will be answered any more. */
  forget(): void {
    this.#pending.clear();
    this.#pings = [];
  }

  #ask(pending: Pending): number {
    this.#lastId++;
    this.#pending.set(this.#lastId, pending);
    return this.#lastId;
  }
}
