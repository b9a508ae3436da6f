import type { Level } from "level";
import { Places } from "../places.js";
import type { QoS, StoredSession, Unacknowledged } from "../store.js";
import type { Blocks } from "./blocks.js";
import { ClientRows } from "./client-rows.js";
import { blockIdOf, hasSequence, Kind, kindRange, readClientKey, readSequence } from "./format/keys.js";
import { blocksOf, entriesOf, MOST_ENTRIES } from "./format/page.js";
import { decodeSession, qosOf } from "./format/records.js";
import { contentOf } from "./format/row.js";
import { decodeState } from "./format/state.js";
import { PageList } from "./page-list.js";
import { LevelQueue, type QueueContext } from "./queue.js";

export interface StoredSessionsContext {
  readonly level: Level<Buffer, Buffer>;
  readonly blocks: Blocks;
  readonly queues: QueueContext;
  onDamage(key: Buffer): void;
}

interface Contents {
  readonly places: Places;
  readonly pages: PageList;
  /** The number of the last message. */
  readonly last: number;
}

/** Reads all sessions at start, going through the rows of each kind once and side by side. */
export class StoredSessions {
  readonly #context: StoredSessionsContext;
  readonly #kinds: Readonly<Record<"session" | "subscription" | "page" | "incoming" | "state", ClientRows>>;

  constructor(context: StoredSessionsContext) {
    this.#context = context;
    const rows = (kind: Kind) => new ClientRows(context.level, kind, context.onDamage);
    this.#kinds = {
      session: rows(Kind.session),
      subscription: rows(Kind.subscription),
      page: rows(Kind.page),
      incoming: rows(Kind.incoming),
      state: rows(Kind.state),
    };
  }

  async *read(): AsyncGenerator<StoredSession, void, void> {
    const { session } = this.#kinds;
    for (let row = await session.next(); row; row = await session.next()) yield await this.#session(...row);
  }

  /** Keys of rows that belong to nobody: what a crash left of a removal. To be called when all sessions are read. */
  async leftovers(): Promise<Buffer[]> {
    const keys: Buffer[] = [];
    for (const rows of Object.values(this.#kinds)) {
      await rows.finish();
      keys.push(...rows.orphans);
    }
    const { level, blocks } = this.#context;
    for await (const key of level.keys(kindRange(Kind.block))) {
      const id = blockIdOf(key);
      blocks.found(id);
      if (!blocks.isNeeded(id)) keys.push(key);
    }
    return keys;
  }

  async #session(key: Buffer, value?: Buffer): Promise<StoredSession> {
    const { subscription, incoming, state } = this.#kinds;
    const { clientId } = readClientKey(key);
    const subscriptions = new Map<string, QoS>();
    await subscription.each(key, ([row, qos]) => {
      subscriptions.set(readClientKey(row).suffix.toString(), qosOf(contentOf(qos).readUInt8(0)));
    });
    const packetIds: number[] = [];
    await incoming.each(key, ([row]) => packetIds.push(readClientKey(row).suffix.readUInt16BE(0)));
    let known = NO_STATE;
    await state.each(key, (row) => {
      known = decodeState(row[1]);
    });
    const { places, pages, last } = await this.#contents(key, known.passed);
    return {
      clientId,
      subscriptions,
      incoming: packetIds,
      ...(value && decodeSession(contentOf(value))),
      queue: new LevelQueue(clientId, this.#context.queues, pages),
      ...known,
      places,
      last: Math.max(last, known.passed),
    };
  }

  async #contents(client: Buffer, passed: number): Promise<Contents> {
    const places = new Places();
    let first = 0;
    let last = 0;
    let count = 0;
    const begin = (key: Buffer) => {
      const sequence = readSequence(key);
      if (count++ === 0) first = sequence;
      return sequence;
    };
    await this.#kinds.page.each(
      client,
      ([key, value]) => {
        let sequence = begin(key);
        for (const { length } of entriesOf(value)) {
          if (sequence > passed) places.push(sequence, length);
          sequence++;
        }
        last = Math.max(last, sequence - 1);
        for (const block of blocksOf(value)) this.#context.blocks.hold(block);
      },
      // The numbers of what it held must not be given again.
      (key) => {
        if (hasSequence(key)) last = Math.max(last, begin(key) + MOST_ENTRIES);
      },
    );
    return { places, pages: new PageList(count, first), last };
  }
}

const NO_STATE: { passed: number; unacknowledged: readonly Unacknowledged[] } = {
  passed: 0,
  unacknowledged: [],
};
