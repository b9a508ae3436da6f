import { NEVER } from "./clock.js";
import type { Sequence, Transmission } from "./ledger.js";
import { type Arrival, NONE, type Session } from "./session.js";

/**
 * What came to one session of one publisher's messages on one topic: QoS 1 and 2 together, or QoS 0. It must be a
 * part of what was sent, in that order [MQTT-4.6.0-6].
 */
export class Track {
  readonly #session: Session;
  readonly #sequence: Sequence;
  readonly #arrivals: readonly Arrival[];
  readonly #reliable: boolean;

  constructor(session: Session, sequence: Sequence, arrivals: readonly Arrival[], reliable: boolean) {
    this.#session = session;
    this.#sequence = sequence;
    this.#arrivals = arrivals;
    this.#reliable = reliable;
  }

  faults(): string[] {
    const faults: string[] = [];
    const { transmissions } = this.#sequence;
    /** The furthest place that came, by connection for QoS 0, which need not come after one has ended. */
    const furthest = new Map<unknown, number>();
    let place = -1;
    for (const arrival of this.#arrivals) {
      const next = transmissions.findIndex((sent, i) => i > place && explains(this.#session, sent, arrival));
      if (next < 0) faults.push(this.#unexplained(arrival, place));
      else place = next;
      furthest.set(this.#reliable ? undefined : arrival.attachment, place);
    }
    transmissions.forEach((transmission, i) => {
      if (this.#isMissed(transmission, i, furthest))
        faults.push(`${this.#session}: ${transmission.message} did not come, but later ones did`);
    });
    return faults;
  }

  #unexplained(arrival: Arrival, place: number): string {
    const { message, qos } = arrival;
    const sent = this.#sequence.transmissions;
    const explained = sent.some((transmission) => explains(this.#session, transmission, arrival));
    const expected = sent
      .filter((transmission) => transmission.message === message)
      .map((transmission) => this.#expected(transmission));
    const came = `${this.#session}: ${message} came at QoS ${qos} on connection ${arrival.attachment.number}`;
    const away = sent.some(
      ({ message: { id }, ackedAt }) => id === message.id && ackedAt < arrival.attachment.connectSentAt,
    );
    if (!explained && away && qos === 0) return `${came}, but was acknowledged before that connection`;
    if (!explained) return `${came}, where ${expected.join("; then ") || "nothing"} was expected`;
    return `${came} after ${sent[place]?.message}: out of order, or once too often`;
  }

  #expected(transmission: Transmission): string {
    const { possible } = expectationOf(this.#session, transmission);
    return [...possible].map((qos) => (qos === NONE ? "nothing" : qos)).join(" or ") || "nothing";
  }

  #isMissed(transmission: Transmission, place: number, furthest: ReadonlyMap<unknown, number>): boolean {
    const { message, sentAt, ackedAt } = transmission;
    if (ackedAt === NEVER || message.anonymous || this.#session.live.has(message)) return false;
    const { lowest, highest } = expectationOf(this.#session, transmission);
    if (this.#reliable) return lowest > 0 && place < (furthest.get(undefined) ?? NONE);
    const attachment = this.#session.attachedFrom(sentAt, ackedAt);
    return lowest === 0 && highest === 0 && place < (furthest.get(attachment) ?? NONE);
  }
}

/** The latest instant at which the server may have taken it. */
function takenBy({ ackedAt, lapsedAt }: Transmission): number {
  return Math.min(ackedAt, lapsedAt);
}

function expectationOf(session: Session, transmission: Transmission) {
  return session.expectation(transmission.message, transmission.sentAt, takenBy(transmission));
}

/** Whether the arrival may be this transmission. */
function explains(
  session: Session,
  transmission: Transmission,
  { message, qos, at, attachment }: Arrival,
): boolean {
  if (transmission.message !== message || transmission.sentAt > at) return false;
  // QoS 0 is for those who are there. What was not acknowledged may still have been on its way to the disk.
  if (qos === 0 && transmission.ackedAt < attachment.connectSentAt) return false;
  return expectationOf(session, transmission).possible.has(qos);
}
