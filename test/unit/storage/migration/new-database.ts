import assert from "node:assert/strict";
import type { Level } from "level";
import { readNumber } from "../../../../src/storage/level/format/bytes.js";
import { clientRange, Kind, kindRange, readClientKey } from "../../../../src/storage/level/format/keys.js";
import { entriesOf, messageOf } from "../../../../src/storage/level/format/page.js";
import { decodeMessage, decodeSession, decodeWill } from "../../../../src/storage/level/format/records.js";
import { contentOf, isIntact } from "../../../../src/storage/level/format/row.js";
import { decodeState } from "../../../../src/storage/level/format/state.js";
import { topicOf } from "../../../../src/storage/level/retained/topic-key.js";
import type { StoredMessage, Unacknowledged } from "../../../../src/storage/store.js";

type Database = Level<Buffer, Buffer>;

export interface NewClient {
  readonly id: string;
  readonly awaySince: number | undefined;
  readonly subscriptions: Readonly<Record<string, number>>;
  readonly incoming: readonly number[];
  readonly queue: readonly (readonly [sequence: number, message: StoredMessage])[];
  readonly state?: { readonly passed: number; readonly unacknowledged: readonly Unacknowledged[] };
  readonly will?: StoredMessage & { readonly brokerId: string };
}

/** What a database of format 2 holds, by client identifier and by topic. */
export async function readNew(level: Database) {
  const clients = new Map<string, NewClient>();
  for await (const [key, value] of level.iterator(kindRange(Kind.session))) {
    const { clientId } = readClientKey(key);
    clients.set(clientId, await readClient(level, clientId, decodeSession(intact(key, value)).awaySince));
  }
  const retained = new Map<string, StoredMessage>();
  for await (const [key, value] of level.iterator(kindRange(Kind.retained)))
    retained.set(topicOf(key), decodeMessage(intact(key, value)));
  return { clients, retained };
}

async function readClient(level: Database, id: string, awaySince: number | undefined): Promise<NewClient> {
  const rows = (kind: number) => level.iterator(clientRange(kind, id)).all();
  const subscriptions = await rows(Kind.subscription);
  const incoming = await rows(Kind.incoming);
  const queue: [number, StoredMessage][] = [];
  for (const [key, value] of await rows(Kind.page)) {
    intact(key, value);
    let sequence = readNumber(readClientKey(key).suffix, 0);
    for (const entry of entriesOf(value))
      queue.push([sequence++, messageOf(entry, entry.record ?? assert.fail("a message stands in a block"))]);
  }
  const [state] = await rows(Kind.state);
  const [will] = await rows(Kind.will);
  return {
    id,
    awaySince,
    subscriptions: Object.fromEntries(
      subscriptions.map(([key, value]) => [
        readClientKey(key).suffix.toString(),
        intact(key, value)[0] ?? -1,
      ]),
    ),
    incoming: incoming.map(([key]) => readClientKey(key).suffix.readUInt16BE(0)),
    queue,
    ...(state && intact(...state) && { state: decodeState(state[1]) }),
    ...(will && { will: decodeWill(id, intact(...will)) }),
  };
}

function intact(key: Buffer, value: Buffer): Buffer {
  assert.ok(isIntact(key, value), `the row ${key.subarray(0, 40).toString("hex")} has no good seal`);
  return contentOf(value);
}
