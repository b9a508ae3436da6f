import type { QueueState, Unacknowledged } from "../../store.js";
import { readNumber, writeNumber } from "./bytes.js";
import { SEAL } from "./row.js";

/*
 * State of a queue: passed(8), then runs of numbers that are not acknowledged: first(8) count(4) released(1). Acknowledgements
 * mostly come in order, so that a whole window is one run.
 */

const HEAD = SEAL + 8;
const RUN = 13;
/** Each has a packet identifier, of which there are no more [MQTT-2.3.1-1]. */
const MOST_UNACKNOWLEDGED = 65_535;

interface Run {
  readonly first: number;
  count: number;
  readonly released: boolean;
}

/** A value whose seal is still to be written. */
export function encodeState({ passed, unacknowledged }: QueueState): Buffer {
  const runs = runsOf(unacknowledged);
  const value = Buffer.allocUnsafe(HEAD + RUN * runs.length);
  writeNumber(value, passed, SEAL);
  let at = HEAD;
  for (const { first, count, released } of runs) {
    writeNumber(value, first, at);
    value.writeUInt32BE(count, at + 8);
    value[at + 12] = released ? 1 : 0;
    at += RUN;
  }
  return value;
}

export function decodeState(value: Buffer): { passed: number; unacknowledged: Unacknowledged[] } {
  const passed = readNumber(value, SEAL);
  const unacknowledged: Unacknowledged[] = [];
  for (let at = HEAD; at < value.length; at += RUN) {
    const first = readNumber(value, at);
    const count = value.readUInt32BE(at + 8);
    const released = value.readUInt8(at + 12) === 1;
    if (unacknowledged.length + count > MOST_UNACKNOWLEDGED)
      throw new RangeError("more is unacknowledged than there are packet identifiers");
    for (let i = 0; i < count; i++) unacknowledged.push({ sequence: first + i, released });
  }
  return { passed, unacknowledged };
}

function runsOf(unacknowledged: Iterable<Unacknowledged>): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  for (const { sequence, released } of unacknowledged) {
    if (last && last.released === released && last.first + last.count === sequence) last.count++;
    else {
      last = { first: sequence, count: 1, released };
      runs.push(last);
    }
  }
  return runs;
}
