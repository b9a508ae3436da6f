import type { BusMessage } from "./bus.js";

/*
 * A publication in a persisted history: format(1) time(8, big endian) length(1) epoch length(2) topic payload.
 * The seal of the store's row tells whether it is whole.
 */

const FORMAT = 1;

export interface JournalEntry {
  readonly epoch: string;
  /** In ms since 1970. */
  readonly time: number;
  readonly message: BusMessage;
}

export function encodeEntry(epoch: string, time: number, { topic, payload }: BusMessage): Buffer {
  const topicLength = Buffer.byteLength(topic);
  const head = Buffer.allocUnsafe(12 + epoch.length + topicLength);
  head[0] = FORMAT;
  head.writeBigUInt64BE(BigInt(time), 1);
  head[9] = epoch.length; // epochs are ASCII
  head.write(epoch, 10, "latin1");
  head.writeUInt16BE(topicLength, 10 + epoch.length);
  head.write(topic, 12 + epoch.length);
  return Buffer.concat([head, payload]);
}

/** @throws {RangeError} when it is none that this version wrote. */
export function decodeEntry(entry: Buffer): JournalEntry {
  if (entry[0] !== FORMAT) throw new RangeError(`a history entry of format ${entry[0]} is not known`);
  const epochEnd = 10 + entry.readUInt8(9);
  const topicEnd = epochEnd + 2 + entry.readUInt16BE(epochEnd);
  return {
    epoch: entry.toString("latin1", 10, epochEnd),
    time: Number(entry.readBigUInt64BE(1)),
    message: {
      topic: entry.toString("utf8", epochEnd + 2, topicEnd),
      payload: entry.subarray(topicEnd),
      qos: 0,
      retain: false,
    },
  };
}
