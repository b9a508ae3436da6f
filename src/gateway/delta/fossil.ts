/*
 * The delta format of Fossil: the length of the new text, then what it consists of (pieces of the old text by length and offset, and
 * new pieces), then a checksum. Lengths and offsets count bytes of UTF-8. A delta of ours never cuts a character in two, so it is text
 * itself and can travel in JSON.
 */

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";

/** Bytes that are compared at a time. A shorter piece costs about as much to refer to as to repeat. */
const WINDOW = 8;
/** The old text is looked up at each of so many bytes; what lies between is found by looking around. */
const STEP = 4;
/** Places that are looked at for one window: the same eight bytes stand in many places of a list. */
const CANDIDATES = 4;
/** A piece of so many bytes is good enough; for a shorter one the next few places are looked at, too. */
const LONG = 64;
const TABLE_BITS = 14;

/** Where in the old text a window with this hash begins; used by one call at a time. */
const table = new Int32Array(1 << TABLE_BITS);
/** The next place with the same hash, by place divided by {@link STEP}. */
let others = new Int32Array(1 << 10);

/** What makes `target` of `base`. */
export function fossilDelta(base: Buffer, target: Buffer): string {
  const pieces = [`${integer(target.length)}\n`];
  const shift = index(base);
  let written = 0;
  for (let copy = nextCopy(base, target, 0, 0, shift); copy; ) {
    const { start, end, drift } = copy;
    if (start > written) pieces.push(literal(target, written, start));
    pieces.push(`${integer(end - start)}@${integer(start + drift)},`);
    written = end;
    copy = nextCopy(base, target, end, drift, shift);
  }
  if (written < target.length) pieces.push(literal(target, written, target.length));
  pieces.push(`${integer(checksum(target))};`);
  return pieces.join("");
}

/** A part of the new text that is in the old one too. */
interface Copy {
  readonly start: number;
  readonly end: number;
  /** Where it is in the old text, relative to its place in the new one. */
  readonly drift: number;
}

/** The next one from `least` on; often it is where the last one was, in relation to its place. */
function nextCopy(
  base: Buffer,
  target: Buffer,
  least: number,
  drift: number,
  shift: number,
): Copy | undefined {
  let best: Copy | undefined;
  let last = target.length - WINDOW;
  for (let from = least; from <= last; from++) {
    const copy = longestAt(base, target, from, least, drift, shift);
    if (!copy || lengthOf(copy) <= lengthOf(best)) continue;
    if (lengthOf(copy) >= LONG) return copy;
    best = copy;
    last = Math.min(last, from + STEP);
  }
  return best;
}

/** The longest that is the same around one window. */
function longestAt(
  base: Buffer,
  target: Buffer,
  from: number,
  least: number,
  drift: number,
  shift: number,
): Copy | undefined {
  let best = isSame(base, target, from + drift, from) ? around(base, target, drift, from, least) : undefined;
  let at = table[hash(target, from) >>> shift] as number;
  for (let left = CANDIDATES; at >= 0 && left > 0 && lengthOf(best) < LONG; left--) {
    if (isSame(base, target, at, from)) {
      const copy = around(base, target, at - from, from, least);
      if (lengthOf(copy) > lengthOf(best)) best = copy;
    }
    at = others[at / STEP] as number;
  }
  return lengthOf(best) >= WINDOW ? best : undefined;
}

function lengthOf(copy: Copy | undefined): number {
  return copy === undefined ? 0 : copy.end - copy.start;
}

function literal(target: Buffer, start: number, end: number): string {
  return `${integer(end - start)}:${target.toString("utf8", start, end)}`;
}

/** Fills the tables. Gives by how much a hash is shifted to be a place in it: small texts use little of it. */
function index(base: Buffer): number {
  let bits = 4;
  while (bits < TABLE_BITS && 1 << bits < base.length / 2) bits++;
  table.fill(-1, 0, 1 << bits);
  if (others.length * STEP < base.length) others = new Int32Array(Math.ceil(base.length / STEP));
  for (let at = 0; at + WINDOW <= base.length; at += STEP) {
    const place = hash(base, at) >>> (32 - bits);
    others[at / STEP] = table[place] as number;
    table[place] = at;
  }
  return 32 - bits;
}

function hash(bytes: Buffer, at: number): number {
  return Math.imul(word(bytes, at) ^ Math.imul(word(bytes, at + 4), 0x85ebca6b), 0x9e3779b1) >>> 0;
}

/** Whether the same window is in both. */
function isSame(base: Buffer, target: Buffer, at: number, from: number): boolean {
  if (at < 0 || at + WINDOW > base.length || base[at] !== target[from]) return false;
  for (let i = 1; i < WINDOW; i++) if (base[at + i] !== target[from + i]) return false;
  return true;
}

/** The whole of what is the same around a window, without halves of characters. */
function around(base: Buffer, target: Buffer, drift: number, from: number, least: number): Copy {
  let start = from;
  while (start > least && start + drift > 0 && base[start + drift - 1] === target[start - 1]) start--;
  let end = from + WINDOW;
  while (end < target.length && end + drift < base.length && base[end + drift] === target[end]) end++;
  while (start < end && isInside(target, start)) start++;
  while (end > start && isInside(target, end)) end--;
  return { start, end, drift };
}

/** Whether a character has begun before this byte. */
function isInside(bytes: Buffer, at: number): boolean {
  return at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80;
}

/** The sum of all words of four bytes, the last one filled up with zeros. */
function checksum(bytes: Buffer): number {
  const whole = bytes.length - (bytes.length % 4);
  let sum = 0;
  for (let at = 0; at < whole; at += 4) sum = (sum + word(bytes, at)) | 0;
  for (let at = whole; at < bytes.length; at++)
    sum = (sum + ((bytes[at] as number) << (24 - 8 * (at % 4)))) | 0;
  return sum >>> 0;
}

function word(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** In base 64, most significant digit first. */
function integer(value: number): string {
  let rest = value >>> 0;
  let digits = "";
  do {
    digits = DIGITS[rest & 63] + digits;
    rest >>>= 6;
  } while (rest > 0);
  return digits;
}
