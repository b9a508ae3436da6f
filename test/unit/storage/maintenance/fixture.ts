import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { BlockBuilder } from "../../../../src/storage/level/format/block.js";
import {
  blockKey,
  clientKey,
  incomingKey,
  Kind,
  pageKey,
  streamKey,
  subscriptionKey,
  versionKey,
} from "../../../../src/storage/level/format/keys.js";
import type { Reference } from "../../../../src/storage/level/format/page.js";
import { PageBuilder } from "../../../../src/storage/level/format/page-builder.js";
import { encodeMessage, encodeSession, encodeWill } from "../../../../src/storage/level/format/records.js";
import type { Row } from "../../../../src/storage/level/format/row.js";
import { seal, sealed } from "../../../../src/storage/level/format/row.js";
import { encodeState } from "../../../../src/storage/level/format/state.js";
import { encodeEntry, lostEntry } from "../../../../src/storage/level/format/stream-entry.js";
import { topicKey } from "../../../../src/storage/level/retained/topic-key.js";
import type { QoS, StoredMessage, Unacknowledged } from "../../../../src/storage/store.js";

/*
 * Databases made of single rows, as no broker would leave them.
 */

export type Database = Level<Buffer, Buffer>;

export const version: Row = { key: versionKey, value: Buffer.from("2") };

export function message(topic: string, payload: Buffer | string = topic, more: Partial<StoredMessage> = {}) {
  return {
    topic,
    payload: Buffer.from(payload),
    qos: 1 as QoS,
    retain: false,
    time: 1_700_000_000_000,
    ...more,
  };
}

export function session(clientId: string, awaySince?: number): Row {
  return row(clientKey(Kind.session, clientId), encodeSession(awaySince === undefined ? {} : { awaySince }));
}

export function subscription(clientId: string, filter: string, qos: QoS = 1): Row {
  return row(subscriptionKey(clientId, filter), Buffer.from([qos]));
}

export function incoming(clientId: string, packetId: number): Row {
  return row(incomingKey(clientId, packetId), Buffer.alloc(0));
}

export function will(clientId: string, of: StoredMessage): Row {
  return row(clientKey(Kind.will, clientId), encodeWill({ ...of, clientId, brokerId: "run-1" }));
}

export function retained(of: StoredMessage): Row {
  return row(topicKey(of.topic), encodeMessage({ ...of, retain: true }));
}

export function state(clientId: string, passed: number, unacknowledged: Unacknowledged[] = []): Row {
  const key = clientKey(Kind.state, clientId);
  return { key, value: seal(key, encodeState({ passed, unacknowledged })) };
}

/** Messages of a queue from number `first` on; a reference stands for one in a block. */
export function page(
  clientId: string,
  first: number,
  messages: (StoredMessage | Reference)[],
  qos: QoS = 1,
): Row {
  const builder = new PageBuilder(first);
  for (const one of messages) {
    if ("block" in one) builder.addReference(one, qos, false);
    else builder.add(one, one.qos, one.retain);
  }
  const key = pageKey(clientId, first);
  return { key, value: builder.finish(key) };
}

export function block(id: number, messages: StoredMessage[]): { row: Row; references: Reference[] } {
  const builder = new BlockBuilder(id);
  const references = messages.map((one) => builder.add(one));
  const key = blockKey(id);
  return { row: { key, value: builder.finish(key) }, references };
}

export function entry(name: string, offset: number, content = `${name} ${offset}`): Row {
  const key = streamKey(name, offset);
  return { key, value: encodeEntry(key, Buffer.from(content)) };
}

/** What stands where an entry was lost. */
export function lost(name: string, offset: number): Row {
  const key = streamKey(name, offset);
  return { key, value: lostEntry(key) };
}

/** The row with a bit of its last byte turned over. */
export function damaged({ key, value }: Row): Row {
  const turned = Buffer.from(value);
  turned[turned.length - 1] = (turned.at(-1) ?? 0) ^ 1;
  return { key, value: turned };
}

function row(key: Buffer, content: Buffer): Row {
  return { key, value: sealed(key, content) };
}

export async function open(directory: string): Promise<Database> {
  const level: Database = new Level(directory, { keyEncoding: "buffer", valueEncoding: "buffer" });
  await level.open();
  return level;
}

/** Puts the rows into the directory's database, which is made when it is not there. */
export async function write(directory: string, rows: readonly Row[]): Promise<void> {
  const level = await open(directory);
  await level.batch(rows.map((one) => ({ type: "put", ...one })));
  await level.close();
}

/** What was written last goes from the log into a table. */
export async function intoTables(directory: string): Promise<void> {
  await (await open(directory)).close();
}

export async function rowsIn(directory: string): Promise<Row[]> {
  const level = await open(directory);
  const rows = await level.iterator().all();
  await level.close();
  return rows.map(([key, value]) => ({ key, value }));
}

/** The files whose names end so, in their order. */
export async function filesOf(directory: string, end: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(end)).sort();
  return names.map((name) => join(directory, name));
}

/** Turns the bits of some bytes of a file over, at a place between its beginning (0) and its end (1). */
export async function flip(path: string, place: number, bytes = 1): Promise<void> {
  const content = await readFile(path);
  const start = Math.floor(place * (content.length - bytes));
  for (let at = start; at < start + bytes; at++) content[at] = (content[at] ?? 0) ^ 0xff;
  await writeFile(path, content);
}

export const LONG = `${"é".repeat(32_767)}x`;

/** A store with everything that a store can hold. */
export function everything(): Row[] {
  const properties = Buffer.from([0x26, 0, 1, 0x61, 0, 1, 0x62]);
  const shared = block(7, [
    message("all/one", "shared", { properties, qos: 2 }),
    message("all/two", Buffer.alloc(40_000, 7)),
    message("all/three", Buffer.alloc(0)),
  ]);
  const [one, two, three] = shared.references as [Reference, Reference, Reference];
  return [
    version,
    ...["dev1", "dev10", LONG, ""].map((id, index) => session(id, index === 1 ? undefined : 1_000 + index)),
    subscription("dev1", "all/#", 1),
    subscription("dev10", "#", 2),
    subscription("dev10", "$SYS/+/x", 0),
    subscription(LONG, "a/+", 1),
    page("dev1", 3, [
      message("own", Buffer.from([0, 255, 128])),
      one,
      message("own", "kept", { qos: 2, retain: true }),
    ]),
    page("dev1", 9, [two, three], 2),
    page("dev10", 1, [message("gone"), one, two, three]),
    page(LONG, 2 ** 40, [one, message("ü/\u{1f600}", "x", { properties })]),
    state("dev1", 4, [
      { sequence: 1, released: true },
      { sequence: 2, released: true },
      { sequence: 4, released: false },
    ]),
    state("dev10", 1),
    incoming("dev1", 1),
    incoming("dev10", 65_535),
    will("dev1", message("wills/dev1", "bye", { qos: 2, retain: true, properties })),
    will("visitor", message("wills/visitor", "bye", { qos: 0 })),
    retained(message("/", "slash")),
    retained(message("a/b", "value", { properties, qos: 2 })),
    retained(message("$SYS/x", "", { qos: 0 })),
    retained(message(`t/${"y".repeat(65_533)}`, "long")),
    shared.row,
    entry("s1", 0, ""),
    entry("s1", 1),
    lost("s1", 2),
    ...[LONG, "", "s10"].flatMap((name) => [entry(name, 2 ** 40), lost(name, 2 ** 40 + 1)]),
  ];
}
