import { Kind } from "../format/keys.js";

/*
 * The key of a topic's row: one byte for the kind of row, then the topic with every "/" replaced by 0x00, which no topic
 * contains [MQTT-4.7.3-2]. Since nothing sorts before 0x00, a topic and all below it stand together: a, a/b, a/c, a!, a b.
 * Bytes of topics are those of UTF-8, in which 0x2f is always a "/".
 */

const KIND = String.fromCharCode(Kind.retained);
const SLASH = 0x2f;
export const SEPARATOR = 0x00;
const NOTHING = Buffer.alloc(0);

/** All rows of topics are from here on. */
export const FIRST_KEY = Buffer.from([Kind.retained]);
/** All rows of topics are before this. */
export const END_KEY = Buffer.from([Kind.retained + 1]);

export function topicKey(topic: string): Buffer {
  const key = Buffer.from(KIND + topic);
  // Keys are short: a search would cost more for each "/" than a look at every byte.
  for (let at = 1; at < key.length; at++) if (key[at] === SLASH) key[at] = SEPARATOR;
  return key;
}

export function topicOf(key: Buffer): string {
  return topicOfText(key.toString());
}

/** The same for a key that was read as text: its kind is ASCII. */
export function topicOfText(key: string): string {
  return key.slice(1).replaceAll("\0", "/");
}

/** The first key past a topic and all below it: that of the topic's first `length` bytes. */
export function past(key: Buffer, length = key.length): Buffer {
  return join(key, length, SEPARATOR + 1);
}

/** The first `length` bytes of a key, a byte if one is given, and more. */
export function join(key: Buffer, length: number, byte: number | undefined, more: Buffer = NOTHING): Buffer {
  const head = byte === undefined ? length : length + 1;
  const joined = Buffer.allocUnsafe(head + more.length);
  key.copy(joined, 0, 0, length);
  if (byte !== undefined) joined[length] = byte;
  more.copy(joined, head);
  return joined;
}
