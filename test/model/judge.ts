import { type Clock, NEVER } from "./clock.js";
import type { Ledger, Transmission } from "./ledger.js";
import type { Message } from "./message.js";
import { type Arrival, NONE, type Request, type Session } from "./session.js";
import { filterMatches } from "./topic-filter.js";
import { Track } from "./track.js";

/** Something that must come to a session. */
interface Due {
  readonly what: string;
  met(): boolean;
}

/** Says of a run what must still come, and what should not have come as it did. */
export class Judge {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #sessions: readonly Session[];

  constructor(ledger: Ledger, clock: Clock, sessions: readonly Session[]) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#sessions = sessions;
  }

  /** What must have come, or come yet, to the sessions that are still there. */
  due(): Due[] {
    const live: Due[] = [];
    for (const sequence of this.#ledger.sequences)
      for (const transmission of new Set(sequence.transmissions))
        for (const session of this.#sessions)
          if (isDue(session, transmission)) {
            const { message } = transmission;
            live.push({ what: `${message} for ${session}`, met: () => session.live.has(message) });
          }
    return [...live, ...this.#sessions.flatMap((session) => this.#retainedDue(session))];
  }

  faults(): string[] {
    return this.#sessions.flatMap((session) => [
      ...this.#liveFaults(session),
      ...this.#retainedFaults(session),
    ]);
  }

  /** A SUBSCRIBE gets the retained message of each matching topic [MQTT-3.3.1-6]. */
  #retainedDue(session: Session): Due[] {
    const due: Due[] = [];
    if (!session.alive) return due;
    for (const [topic, register] of this.#ledger.retainedTopics) {
      const requests = session.requests.filter(
        (request) =>
          isFirm(session, request, topic, this.#clock.now) &&
          register.possible(request.sentAt, this.#clock.now).every((message) => message !== undefined),
      );
      const count = () =>
        session.arrivals.filter(({ retain, message }) => retain && message.topic === topic).length;
      const what = `the retained message of ${topic} for ${session}, ${requests.length} times`;
      if (requests.length > 0) due.push({ what, met: () => count() >= requests.length });
    }
    return due;
  }

  #liveFaults(session: Session): string[] {
    const faults: string[] = [];
    const arrivals = session.arrivals.filter(({ retain, message }) => !retain && !message.anonymous);
    const first = new Map<Message, Arrival>();
    for (const arrival of arrivals.filter(({ message }) => message.qos === 2)) {
      const { message, attachment } = arrival;
      const before = first.get(message);
      const connections = `on connections ${before?.attachment.number} and ${attachment.number}`;
      if (before) faults.push(`${session}: ${message} came twice, ${connections} [MQTT-4.3.3-2]`);
      first.set(message, arrival);
    }
    for (const sequence of this.#ledger.sequences) {
      const messages = new Set(sequence.transmissions.map(({ message }) => message));
      const own = arrivals.filter(({ message }) => messages.has(message));
      for (const reliable of [true, false]) {
        const track = new Track(
          session,
          sequence,
          own.filter(({ qos }) => qos > 0 === reliable),
          reliable,
        );
        faults.push(...track.faults());
      }
    }
    return faults;
  }

  #retainedFaults(session: Session): string[] {
    const faults: string[] = [];
    const counts = new Map<string, number>();
    for (const arrival of session.arrivals.filter(({ retain }) => retain)) {
      const { topic } = arrival.message;
      counts.set(topic, (counts.get(topic) ?? 0) + 1);
      if (!session.requests.some((request) => this.#explains(session, request, arrival)))
        faults.push(
          `${session}: ${arrival.message} came as retained at QoS ${arrival.qos}, which it was not then`,
        );
    }
    for (const [topic, count] of counts) {
      const asked = session.requests.flatMap(({ subscriptions }) => subscriptions);
      const most = asked.filter(({ filter }) => filterMatches(filter, topic)).length;
      if (count > most)
        faults.push(
          `${session}: the retained message of ${topic} came ${count} times for ${most} subscriptions`,
        );
    }
    return faults;
  }

  #explains(session: Session, request: Request, { message, qos, at }: Arrival): boolean {
    const { topic } = message;
    if (request.sentAt > at || !request.subscriptions.some(({ filter }) => filterMatches(filter, topic)))
      return false;
    if (!this.#ledger.retained(topic).possible(request.sentAt, at).includes(message)) return false;
    return [...session.expectation({ topic, qos: 2 }, request.sentAt, at).possible].some(
      (granted) => Math.min(Math.max(granted, 0), message.qos) === qos,
    );
  }
}

/** Whether it must come to a session that is still there. */
function isDue(session: Session, { message, sentAt, ackedAt }: Transmission): boolean {
  if (!session.alive || ackedAt === NEVER || message.anonymous) return false;
  const { lowest } = session.expectation(message, sentAt, ackedAt);
  if (lowest > 0) return true;
  return lowest === 0 && session.attachedFrom(sentAt, ackedAt)?.closedAt === NEVER;
}

/** Whether a SUBSCRIBE was granted, on a connection that is still there, and never taken back for the topic. */
function isFirm(session: Session, request: Request, topic: string, now: number): boolean {
  if (request.ackedAt === NEVER || request.attachment.closedAt !== NEVER) return false;
  return request.subscriptions.some(
    ({ filter }) =>
      filterMatches(filter, topic) && !session.filter(filter).possible(request.ackedAt, now).includes(NONE),
  );
}
