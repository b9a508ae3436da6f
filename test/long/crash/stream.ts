/** Room for a number in front of a payload's filling. */
const LARGEST_FILLING = 300;
/** One message in so many is large. */
const LARGE_EVERY = 97;
const LARGE_FILLING = 20_000;

/** Messages that one publisher sends to one topic at one QoS, numbered from 0 without a gap. */
export class Stream {
  readonly topic: string;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  /** How many have been sent. */
  sent = 0;
  /** The number of the last one that was acknowledged; -1 for none. */
  acknowledged = -1;

  constructor(publisher: string, qos: 1 | 2, retain: boolean) {
    this.topic = `crash/${publisher}/${qos}/${retain ? "retained" : "live"}`;
    this.qos = qos;
    this.retain = retain;
  }
}

/** The payload of a message: its number, and a filling that follows from it. */
export function payloadOf(number: number): string {
  return `${number} ${"x".repeat(fillingOf(number))}`;
}

/** The number of a payload; NaN when it is not whole. */
export function numberOf(payload: string | Buffer): number {
  const text = payload.toString();
  const number = Number.parseInt(text, 10);
  return text === payloadOf(number) ? number : Number.NaN;
}

function fillingOf(number: number): number {
  return number % LARGE_EVERY === LARGE_EVERY - 1 ? LARGE_FILLING : (number * 31) % LARGEST_FILLING;
}
