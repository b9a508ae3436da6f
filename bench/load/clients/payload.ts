/*
 * The payload of every message is JSON of a fixed size that carries its number and the time of its sending as digits.
 * So a receiver finds them at a fixed place in the bytes, in every protocol, without parsing.
 */

const NUMBER = '"n":"';
const NUMBER_DIGITS = 10;
const TIME = '"t":"';
const TIME_DIGITS = 12;
const ZERO = 0x30;
const QUOTE = 0x22;

/** A payload with its digits still to be filled in. */
export function blankPayload(bytes: number): Buffer {
  const text = (fill: string) =>
    `{${NUMBER}${"0".repeat(NUMBER_DIGITS)}",${TIME}${"0".repeat(TIME_DIGITS)}","fill":"${fill}"}`;
  const smallest = text("").length;
  if (bytes < smallest) throw new Error(`a payload needs at least ${smallest} bytes`);
  return Buffer.from(text("x".repeat(bytes - smallest)));
}

/** Where the digits are, in a packet or frame that holds a payload. */
export class Marks {
  readonly #number: number;
  readonly #time: number;
  /** The packet's bytes from here on and up to there hold all digits, with the quotes around them. */
  readonly start: number;
  readonly end: number;

  private constructor(number: number, time: number) {
    this.#number = number;
    this.#time = time;
    this.start = Math.min(number, time) - 1;
    this.end = Math.max(number + NUMBER_DIGITS, time + TIME_DIGITS) + 1;
  }

  static in(packet: Buffer): Marks {
    const [number, time] = [packet.indexOf(NUMBER), packet.indexOf(TIME)];
    if (number === -1 || time === -1)
      throw new Error(
        `this is no message of the benchmark: ${JSON.stringify(packet.toString("latin1", 0, 200))}`,
      );
    return new Marks(number + NUMBER.length, time + TIME.length);
  }

  write(bytes: Buffer, packetAt: number, number: number, time: number): void {
    writeDigits(bytes, packetAt + this.#number, NUMBER_DIGITS, number);
    writeDigits(bytes, packetAt + this.#time, TIME_DIGITS, time);
  }

  /** Whether there is indeed a payload of the benchmark: its digits have quotes around them. */
  fit(bytes: Buffer, packetAt: number): boolean {
    const [number, time] = [packetAt + this.#number, packetAt + this.#time];
    return (
      bytes[number - 1] === QUOTE &&
      bytes[number + NUMBER_DIGITS] === QUOTE &&
      bytes[time - 1] === QUOTE &&
      bytes[time + TIME_DIGITS] === QUOTE
    );
  }

  number(bytes: Buffer, packetAt: number): number {
    return readDigits(bytes, packetAt + this.#number, NUMBER_DIGITS);
  }

  time(bytes: Buffer, packetAt: number): number {
    return readDigits(bytes, packetAt + this.#time, TIME_DIGITS);
  }
}

/** The clock of the payloads: microseconds, of this process. */
export function clock(): number {
  return Math.round(performance.now() * 1000);
}

function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    const next = Math.floor(rest / 10);
    bytes[place] = ZERO + rest - next * 10;
    rest = next;
  }
}

function readDigits(bytes: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let place = at; place < at + digits; place++) value = value * 10 + (bytes[place] ?? 0) - ZERO;
  return value;
}
