import { LimitedLog } from "../../log/limited.js";
import type {
  Change,
  Place,
  Store,
  StoredMessage,
  StoredQueue,
  StoredSession,
  StoredStream,
  StoredWill,
  StoreStats,
  StreamEntry,
  WaitHistogram,
} from "../store.js";
import { backup, type OnProgress, type Progress } from "./backup.js";
import { Blocks } from "./blocks.js";
import { operationOf } from "./changes.js";
import { Damage, type StoreLog } from "./damage.js";
import { Database } from "./database.js";
import { explainFault, probeDisk } from "./disk-probe.js";
import type { Durability } from "./durability.js";
import { clientRange, Kind, kindRange, type Range, readClientKey } from "./format/keys.js";
import { blocksOf } from "./format/page.js";
import { decodeWill } from "./format/records.js";
import { contentOf, isIntact } from "./format/row.js";
import { Gathering } from "./gathering.js";
import type { Operation } from "./operation.js";
import { PageReader } from "./page-reader.js";
import { LevelQueue, type QueueContext } from "./queue.js";
import { RetainedRows } from "./retained/retained.js";
import { StoredSessions } from "./stored-sessions.js";
import { Streams } from "./streams/streams.js";
import { Writer } from "./writer.js";

/** What may wait, in changes and bytes, before whoever asks for more is made to wait. */
const MANY = 10_000;
const MANY_BYTES = 64 * 1024 * 1024;
/** What may wait while the store cannot write. */
const MOST = 100_000;
const MOST_BYTES = 128 * 1024 * 1024;
/** What is removed in one group. */
const CHUNK = 500;
const CHUNK_BYTES = 1024 * 1024;

export interface LevelStoreOptions {
  readonly directory: string;
  readonly durability?: Durability;
  /** Milliseconds between syncs, for the durability `interval`. */
  readonly syncInterval?: number;
  readonly maxRetained?: number;
  readonly log?: StoreLog;
}

/** The embedded store: one Level database in one directory, owned by one process. */
export class LevelStore implements Store {
  readonly #directory: string;
  readonly #log: StoreLog | undefined;
  readonly #database: Database;
  readonly #writer: Writer;
  readonly #damage: Damage;
  readonly #blocks = new Blocks();
  readonly #reader: PageReader;
  readonly #retained: RetainedRows;
  readonly #streams: Streams;
  readonly #queueContext: QueueContext;
  readonly #gathering: Gathering;

  constructor(options: LevelStoreOptions) {
    const { directory, log, maxRetained = Number.POSITIVE_INFINITY } = options;
    const limitedLog = log && new LimitedLog(log);
    this.#directory = directory;
    this.#log = log;
    this.#damage = new Damage(directory, log);
    this.#database = new Database(directory);
    const level = () => this.#database.whenOpen();
    this.#reader = new PageReader({ level, onDamage: (what) => this.#damage.report(what) });
    this.#retained = new RetainedRows({
      level,
      maxRetained,
      onDamage: (topic) => this.#damage.report({ topic }),
    });
    this.#streams = new Streams({
      level,
      add: (operation) => this.#add(operation),
      onDamage: (key) => this.#damage.reportRow(key),
    });
    this.#gathering = new Gathering(this.#blocks, this.#retained, this.#streams);
    this.#queueContext = {
      blocks: this.#blocks,
      reader: this.#reader,
      gather: (queue) => {
        this.#gathering.addQueue(queue);
        this.#writer.touch();
      },
      onFailure: (client, err) => limitedLog?.error("a queue could not be read", { client, err }),
    };
    this.#writer = this.#createWriter(options);
  }

  async open(): Promise<void> {
    await this.#database.open(this.#damage, this.#log);
    await this.#retained.load();
    await this.#streams.load();
  }

  async close(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      await this.#database.close();
    }
  }

  write(change: Change): void {
    if (change.type === "unretain") {
      if (this.#retained.remove(change.topic)) this.#writer.touch();
      return;
    }
    this.#add(operationOf(change));
  }

  retain(message: StoredMessage): boolean {
    if (!this.#retained.put(message)) return false;
    this.#writer.touch();
    return true;
  }

  enqueue(message: StoredMessage, places: readonly Place[]): void {
    const content = places.length > 1 ? this.#blocks.add(message) : message;
    for (const { queue, sequence, qos, retain } of places)
      (queue as LevelQueue).add(sequence, content, qos, retain);
    this.#gathering.count(places.length, message.topic.length + message.payload.length);
  }

  append(stream: string, offset: number, entry: Buffer): void {
    this.#streams.append(stream, offset, entry);
  }

  trim(stream: string, upTo: number): void {
    this.#streams.trim(stream, upTo);
  }

  dropStream(stream: string): void {
    this.#streams.trim(stream, Number.MAX_SAFE_INTEGER);
  }

  async *streams(): AsyncIterable<StoredStream> {
    yield* this.#streams.list();
  }

  readStream(
    stream: string,
    after: number,
    limit: number,
    mostBytes = Number.POSITIVE_INFINITY,
  ): Promise<StreamEntry[]> {
    return this.#streams.read(stream, after + 1, limit, mostBytes);
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  queue(clientId: string): StoredQueue {
    return new LevelQueue(clientId, this.#queueContext);
  }

  async removeSession(queue: StoredQueue): Promise<void> {
    const { clientId } = queue as LevelQueue;
    (queue as LevelQueue).remove();
    await this.flush();
    // Pages last: those that a crash leaves behind belong to no session, and are removed at the next start.
    for (const kind of [Kind.session, Kind.state, Kind.subscription, Kind.incoming, Kind.page]) {
      while (await this.#removeSome(clientRange(kind, clientId)));
    }
  }

  async *sessions(): AsyncIterable<StoredSession> {
    const stored = new StoredSessions({
      level: this.#database.level,
      blocks: this.#blocks,
      queues: this.#queueContext,
      onDamage: (key) => this.#damage.reportRow(key),
    });
    yield* stored.read();
    const leftovers = await stored.leftovers();
    // What seems to belong to nobody may belong to what is damaged.
    if (this.#damage.count === 0) this.#removeKeys(leftovers);
  }

  retained(filter: string, after?: string): AsyncIterable<StoredMessage> {
    return after === undefined ? this.#retained.find(filter) : this.#retained.findAfter(filter, after);
  }

  async sweepRetained(time: number, limit: number): Promise<number> {
    const removed = await this.#retained.sweep(time, limit);
    if (removed > 0) this.#writer.touch();
    return removed;
  }

  async *wills(): AsyncIterable<StoredWill> {
    const level = await this.#database.whenOpen();
    for await (const [key, value] of level.iterator(kindRange(Kind.will)))
      if (isIntact(key, value)) yield decodeWill(readClientKey(key).clientId, contentOf(value));
      else this.#damage.reportRow(key);
  }

  /** Copies what is written, as it is at one moment, into a directory that is empty or not there. */
  backup(directory: string, onProgress?: OnProgress): Promise<Progress> {
    return backup(this.#database.level, directory, onProgress);
  }

  get behind(): boolean {
    return this.#waits(MANY, MANY_BYTES);
  }

  get full(): boolean {
    return this.failingSince !== undefined && this.#waits(MOST, MOST_BYTES);
  }

  get failingSince(): number | undefined {
    return this.#writer.failingSince;
  }

  stats(): StoreStats {
    return {
      ...this.#writer.stats(),
      ...this.#allWaiting(),
      retained: this.#retained.size,
      blocks: this.#blocks.size,
      streams: this.#streams.size,
      streamEntries: this.#streams.entries,
      damaged: this.#damage.count,
    };
  }

  waits(): WaitHistogram {
    return this.#writer.waits();
  }

  #createWriter({ directory, durability = "always", syncInterval = 1_000, log }: LevelStoreOptions): Writer {
    return new Writer({
      gather: () => this.#gathering.take(),
      write: (operations, options) => this.#database.write(operations, options),
      written: () => this.#gathering.written(),
      probe: () => probeDisk(directory),
      reopen: () => this.#database.reopen(),
      durability,
      interval: syncInterval,
      onFault: (error) => this.#failed(error),
      onRecovered: (ms) => log?.info({ data: directory, ms: Math.round(ms) }, "the store writes again"),
    });
  }

  #waits(changes: number, bytes: number): boolean {
    const { waiting, waitingBytes } = this.#allWaiting();
    return waiting >= changes || waitingBytes >= bytes;
  }

  #allWaiting(): Pick<StoreStats, "waiting" | "waitingBytes"> {
    const { underWay } = this.#writer;
    const { waiting, waitingBytes } = this.#gathering.waiting;
    return { waiting: waiting + underWay.changes, waitingBytes: waitingBytes + underWay.bytes };
  }

  #add(operation: Operation): void {
    this.#gathering.add(operation);
    this.#writer.touch();
  }

  /** Removes the first rows of a range; whether there were any. */
  async #removeSome(range: Range): Promise<boolean> {
    const level = await this.#database.whenOpen();
    const iterator = level.iterator({ ...range, highWaterMarkBytes: CHUNK_BYTES });
    const rows = await iterator.nextv(CHUNK);
    await iterator.close();
    for (const [key, value] of rows)
      if (key[0] === Kind.page && isIntact(key, value)) this.#blocks.release(blocksOf(value));
    this.#removeKeys(rows.map(([key]) => key));
    await this.flush();
    return rows.length > 0;
  }

  #removeKeys(keys: readonly Buffer[]): void {
    for (const key of keys) this.#add({ type: "del", key });
  }

  #failed(error: unknown): void {
    this.#log?.error(
      { data: this.#directory },
      `the store cannot write and tries again until it can: ${explainFault(this.#directory, error)}`,
    );
  }
}
