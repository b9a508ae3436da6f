import assert from "node:assert/strict";
import type { QoS, Store, StoredMessage, StoredSession, StoredWill } from "../../../src/storage/store.js";
import { Client } from "./client.js";
import { byTopic, collect, type Opened } from "./ground.js";

/** What a store is to hold of one session. */
export interface ModelSession {
  client: Client;
  awaySince: number | undefined;
  readonly subscriptions: Map<string, QoS>;
  readonly incoming: Set<number>;
  /** All that was ever put into its queue. */
  readonly messages: Map<number, StoredMessage>;
}

/** What a store is to hold, in memory. */
export class Model {
  readonly sessions = new Map<string, ModelSession>();
  readonly retained = new Map<string, StoredMessage>();
  readonly wills = new Map<string, StoredWill>();
  /** Entries by offset. */
  readonly streams = new Map<string, Map<number, Buffer>>();

  create(store: Store, clientId: string): void {
    this.sessions.set(clientId, {
      client: Client.create(store, clientId),
      awaySince: undefined,
      subscriptions: new Map(),
      incoming: new Set(),
      messages: new Map(),
    });
  }

  /** The store was opened anew: it must hold the same, and the sessions have new queues. */
  async reopened({ store, sessions }: Opened): Promise<void> {
    assert.deepEqual([...sessions.keys()].sort(), [...this.sessions.keys()].sort());
    for (const [clientId, session] of this.sessions) {
      const found = sessions.get(clientId);
      assert.ok(found);
      compareSession(found, session);
      session.client = Client.of(found);
    }
    assert.equal(store.stats().retained, this.retained.size);
    await this.compare(store);
  }

  /** What is written is as it should be. */
  async compare(store: Store): Promise<void> {
    await store.flush();
    assert.deepEqual(byTopic(await collect(store.retained("#"))), byTopic([...this.retained.values()]));
    const wills = new Map((await collect(store.wills())).map((will) => [will.clientId, will]));
    assert.deepEqual(wills, this.wills);
    await Promise.all([...this.sessions.values()].map((session) => compareQueue(session)));
    await this.#compareStreams(store);
    assert.equal(store.stats().damaged, 0);
  }

  async #compareStreams(store: Store): Promise<void> {
    const found = await collect(store.streams());
    assert.deepEqual(found.map(({ name }) => name).sort(), [...this.streams.keys()].sort());
    for (const { name, first, last, entries } of found) {
      const expected = this.streams.get(name) ?? assert.fail();
      const offsets = [...expected.keys()];
      assert.deepEqual([first, last, entries], [offsets[0], offsets.at(-1), offsets.length], name);
      const read = await store.readStream(name, -1, 100_000);
      assert.deepEqual(new Map(read.map(({ offset, entry }) => [offset, entry])), expected);
    }
  }
}

function compareSession(found: StoredSession, { client, ...session }: ModelSession): void {
  assert.equal(found.awaySince, session.awaySince);
  assert.deepEqual(new Map(found.subscriptions), session.subscriptions);
  assert.deepEqual([...found.incoming].sort(), [...session.incoming].sort());
  assert.deepEqual([found.passed, found.last], [client.passed, client.last], "passed and last");
  assert.deepEqual(found.unacknowledged, client.unacknowledged);
  const waiting = [...session.messages.keys()].filter((sequence) => sequence > client.passed);
  assert.deepEqual([found.places.count, found.places.oldest], [waiting.length, waiting[0]]);
}

async function compareQueue({ client, messages }: ModelSession): Promise<void> {
  const found = await client.queue.read(0, 100_000);
  const needed = found.filter(({ sequence }) => client.needs(sequence));
  assert.deepEqual(
    needed.map(({ sequence }) => sequence),
    [...messages.keys()].filter((sequence) => client.needs(sequence)),
    client.clientId,
  );
  for (const { sequence, message } of needed) assert.deepEqual(message, messages.get(sequence));
}
