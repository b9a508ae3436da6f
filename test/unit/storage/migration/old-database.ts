/*
 * Rows of format 1, byte by byte. A key: kind(1), then length(2) and identifier of the client and what follows them, or a topic.
 * A message: flags(1) topicLength(2) topic payload.
 */

export type OldRow = readonly [key: Buffer, value: Buffer];

export interface OldMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** What a database holds. */
export interface Contents {
  readonly clients: readonly OldClient[];
  readonly retained: readonly OldMessage[];
}

export interface OldClient {
  readonly id: string;
  readonly subscriptions: Readonly<Record<string, 0 | 1 | 2>>;
  readonly incoming: readonly number[];
  /** Places in its queue, ascending; those without a message were released. */
  readonly queue: readonly (readonly [sequence: number, message?: OldMessage])[];
  readonly will?: OldMessage & { readonly brokerId: string };
}

const NOTHING = Buffer.alloc(0);

export const version: OldRow = [Buffer.from([0x01]), Buffer.from("1")];

export function clientRow(kind: number, id: string, suffix: Buffer, value: Buffer): OldRow {
  const bytes = Buffer.from(id);
  return [Buffer.concat([Buffer.from([kind]), number(bytes.length, 2), bytes, suffix]), value];
}

export function queueRow(id: string, sequence: number, message?: OldMessage): OldRow {
  return clientRow(0x12, id, number(sequence, 8), message ? record(message) : NOTHING);
}

export function retainedRow(message: OldMessage): OldRow {
  return [Buffer.concat([Buffer.from([0x20]), Buffer.from(message.topic)]), record(message)];
}

export function* rowsOf({ clients, retained }: Contents): Generator<OldRow> {
  yield version;
  for (const client of clients) yield* clientRows(client);
  for (const message of retained) yield retainedRow(message);
}

export function* clientRows({ id, subscriptions, incoming, queue, will }: OldClient): Generator<OldRow> {
  yield clientRow(0x10, id, NOTHING, NOTHING);
  for (const [filter, qos] of Object.entries(subscriptions))
    yield clientRow(0x11, id, Buffer.from(filter), Buffer.from([qos]));
  for (const [sequence, message] of queue) yield queueRow(id, sequence, message);
  for (const packetId of incoming) yield clientRow(0x13, id, number(packetId, 2), NOTHING);
  if (!will) return;
  const brokerId = Buffer.from(will.brokerId);
  yield clientRow(0x14, id, NOTHING, Buffer.concat([number(brokerId.length, 1), brokerId, record(will)]));
}

function record({ topic, payload, qos, retain }: OldMessage): Buffer {
  const bytes = Buffer.from(topic);
  return Buffer.concat([Buffer.from([qos + (retain ? 4 : 0)]), number(bytes.length, 2), bytes, payload]);
}

function number(value: number, bytes: number): Buffer {
  const whole = Buffer.alloc(8);
  whole.writeBigUInt64BE(BigInt(value));
  return whole.subarray(8 - bytes);
}
