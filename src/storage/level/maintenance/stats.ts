import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Row } from "../format/row.js";
import { FORMAT } from "../format-version.js";
import { type Content, readContent, Unreadable } from "./content.js";
import type { Database } from "./database.js";
import { QueueStates } from "./queue-states.js";
import { type OnRows, rowChunks } from "./row-chunks.js";
import { withStore } from "./with-store.js";

export interface Queue {
  readonly clientId: string;
  readonly messages: number;
  readonly bytes: number;
}

export interface StoreFigures {
  readonly format: number;
  readonly rows: number;
  /** Rows that cannot be read; they are not counted below. */
  readonly damaged: number;
  readonly sessions: number;
  /** Sessions whose clients were away when the store was closed. */
  readonly away: number;
  readonly subscriptions: number;
  readonly queued: { readonly messages: number; readonly bytes: number };
  /** At most 10, the longest first. */
  readonly longestQueues: readonly Queue[];
  readonly retained: { readonly messages: number; readonly bytes: number };
  readonly wills: number;
  readonly incoming: number;
  readonly blocks: { readonly count: number; readonly bytes: number };
  readonly streams: { readonly count: number; readonly entries: number; readonly bytes: number };
  readonly bytesOnDisk: number;
}

const LONGEST = 10;

export async function stats(directory: string, onRows?: OnRows): Promise<StoreFigures> {
  const counts = await withStore(directory, (level) => new Counts(level).count(onRows));
  return { ...counts, bytesOnDisk: await bytesIn(directory) };
}

class Counts {
  readonly #level: Database;
  readonly #states: QueueStates;
  #rows = 0;
  #damaged = 0;
  #away = 0;
  readonly #kinds = {
    session: 0,
    subscription: 0,
    page: 0,
    state: 0,
    incoming: 0,
    will: 0,
    retained: 0,
    block: 0,
    stream: 0,
  };
  #retainedBytes = 0;
  #blockBytes = 0;
  readonly #streams = { count: 0, entries: 0, bytes: 0 };
  #stream: string | undefined;
  readonly #queued = { messages: 0, bytes: 0 };
  #queue: { clientId: string; messages: number; bytes: number } | undefined;
  #longest: Queue[] = [];

  constructor(level: Database) {
    this.#level = level;
    this.#states = new QueueStates(level);
  }

  async count(onRows?: OnRows): Promise<Omit<StoreFigures, "bytesOnDisk">> {
    // The first row is that of the version.
    for await (const chunk of rowChunks(this.#level, { gte: Buffer.from([0x02]) })) {
      for (const row of chunk) await this.#row(row);
      this.#rows += chunk.length;
      onRows?.(this.#rows);
    }
    this.#endQueue();
    const { session, subscription, incoming, will, retained, block } = this.#kinds;
    return {
      format: FORMAT,
      rows: this.#rows + 1,
      damaged: this.#damaged,
      sessions: session,
      away: this.#away,
      subscriptions: subscription,
      queued: this.#queued,
      longestQueues: this.#longest,
      retained: { messages: retained, bytes: this.#retainedBytes },
      wills: will,
      incoming,
      blocks: { count: block, bytes: this.#blockBytes },
      streams: this.#streams,
    };
  }

  async #row(row: Row): Promise<void> {
    try {
      const content = readContent(row);
      this.#kinds[content.kind]++;
      if (content.kind === "session" && content.awaySince !== undefined) this.#away++;
      if (content.kind === "retained") this.#retainedBytes += row.value.length;
      if (content.kind === "block") this.#blockBytes += row.value.length;
      if (content.kind === "stream") this.#entry(content.name, row);
      if (content.kind === "page") await this.#page(content);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#damaged++;
    }
  }

  #entry(name: string, { value }: Row): void {
    if (this.#stream !== name) this.#streams.count++;
    this.#stream = name;
    this.#streams.entries++;
    this.#streams.bytes += value.length;
  }

  async #page({ clientId, first, entries }: Content & { kind: "page" }): Promise<void> {
    if (this.#queue?.clientId !== clientId) {
      this.#endQueue();
      this.#queue = { clientId, messages: 0, bytes: 0 };
    }
    await this.#states.enter(clientId);
    for (const [index, { length }] of entries.entries()) {
      if (!this.#states.waits(first + index)) continue;
      this.#queue.messages++;
      this.#queue.bytes += length;
    }
  }

  #endQueue(): void {
    if (!this.#queue || this.#queue.messages === 0) return;
    this.#queued.messages += this.#queue.messages;
    this.#queued.bytes += this.#queue.bytes;
    this.#longest.push(this.#queue);
    this.#longest.sort((a, b) => b.messages - a.messages || b.bytes - a.bytes);
    this.#longest = this.#longest.slice(0, LONGEST);
  }
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size;
  return bytes;
}
