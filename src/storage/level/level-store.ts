import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { literalPrefix, topicMatches } from "../../mqtt/topics.js";
import {
  type Change,
  type QoS,
  type QueuedMessage,
  type Store,
  type StoredMessage,
  type StoredSession,
  type StoredWill,
  StoreError,
  type StoreStats,
  type WaitHistogram,
} from "../store.js";
import { explainFault, probeDisk } from "./disk-probe.js";
import type { Durability } from "./durability.js";
import * as keys from "./keys.js";
import { Kind } from "./keys.js";
import { type LogScan, scanLog } from "./log-scan.js";
import { decodeMessage, decodeWill, encodeMessage, encodeWill } from "./records.js";
import { type Gathered, type Operation, Writer } from "./writer.js";

/** Version of the layout in keys.ts and records.ts. A directory with a higher one is refused. */
const FORMAT = 1;
const FORMAT_ROW = Buffer.from(String(FORMAT));
/** What may wait while the store cannot write, in changes and bytes; beyond, commits are refused. */
const MOST_KEPT = 100_000;
const MOST_KEPT_BYTES = 128 * 1024 * 1024;
const RELEASED = Buffer.alloc(0);

export interface LevelStoreOptions {
  readonly directory: string;
  readonly durability?: Durability;
  /** Milliseconds between syncs, for the durability `interval`. */
  readonly syncInterval?: number;
  readonly log?: StoreLog;
}

/** As much of a logger as the store needs. */
export interface StoreLog {
  info(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** The embedded store: one Level database in one directory, owned by one process. */
export class LevelStore implements Store {
  readonly #directory: string;
  readonly #log: StoreLog | undefined;
  #opened: Level<Buffer, Buffer> | undefined;
  readonly #writer: Writer;
  #gathered: Operation[] = [];
  #gatheredBytes = 0;

  constructor({ directory, durability = "always", syncInterval = 1_000, log }: LevelStoreOptions) {
    this.#directory = directory;
    this.#log = log;
    this.#writer = new Writer({
      gather: () => this.#gather(),
      write: (operations, options) => this.#write(operations, options),
      written: () => undefined,
      probe: () => probeDisk(directory),
      reopen: () => this.#reopen(),
      durability,
      interval: syncInterval,
      onFault: (error) => this.#failed(error),
      onRecovered: (ms) => log?.info({ data: directory, ms: Math.round(ms) }, "the store writes again"),
    });
  }

  async open(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true });
      await this.#reportDamage();
      // Not before: it begins to open, and so to change the logs, as soon as it is made.
      this.#opened = new Level(this.#directory, { keyEncoding: "buffer", valueEncoding: "buffer" });
      await this.#level.open();
      await this.#checkFormat();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      await this.#opened?.close();
      throw new StoreError(explainOpen(this.#directory, error), { cause: error });
    }
  }

  async close(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      await this.#level.close();
    }
  }

  commit(changes: readonly Change[]): Promise<void> {
    if (changes.length > 0) {
      if (this.#isFull) return Promise.reject(new StoreError("the store cannot write, and no more can wait"));
      this.commitLazily(changes);
    }
    return this.#writer.flush();
  }

  commitLazily(changes: readonly Change[]): void {
    for (const change of changes) this.#add(operation(change));
  }

  async removeSession(clientId: string): Promise<void> {
    await this.#writer.flush();
    for (const kind of [Kind.session, Kind.subscription, Kind.queued, Kind.incoming])
      for await (const key of this.#level.keys(keys.clientRange(kind, clientId)))
        this.#add({ type: "del", key });
    await this.commit([]);
  }

  async *sessions(): AsyncIterable<StoredSession> {
    for await (const key of this.#level.keys(keys.kindRange(Kind.session))) {
      const { clientId } = keys.readClientKey(key);
      yield {
        clientId,
        subscriptions: await this.#subscriptions(clientId),
        queued: await this.#suffixes(Kind.queued, clientId, keys.readSequence),
        incoming: await this.#suffixes(Kind.incoming, clientId, (suffix) => suffix.readUInt16BE(0)),
      };
    }
  }

  async queue(clientId: string, after: number, limit: number): Promise<QueuedMessage[]> {
    const range = {
      gt: keys.queueKey(clientId, after),
      lt: keys.clientRange(Kind.queued, clientId).lt,
      limit,
    };
    const rows = await this.#level.iterator(range).all();
    return rows.map(([key, value]) => {
      const sequence = keys.readSequence(keys.readClientKey(key).suffix);
      return value.length === 0 ? { sequence } : { sequence, message: decodeMessage(value) };
    });
  }

  async *retained(filter: string): AsyncIterable<StoredMessage> {
    // A value published before this call must be seen; while the store cannot write, what it has must do.
    if (this.failingSince === undefined) await this.#writer.flush();
    const prefix = literalPrefix(filter);
    if (prefix === filter) {
      const record = await this.#level.get(keys.retainedKey(filter));
      if (record) yield decodeMessage(record);
      return;
    }
    for await (const value of this.#level.values(keys.retainedRange(prefix))) {
      const message = decodeMessage(value);
      if (topicMatches(filter, message.topic)) yield message;
    }
  }

  async *wills(): AsyncIterable<StoredWill> {
    for await (const [key, value] of this.#level.iterator(keys.kindRange(Kind.will)))
      yield decodeWill(keys.readClientKey(key).clientId, value);
  }

  get failingSince(): number | undefined {
    return this.#writer.failingSince;
  }

  stats(): StoreStats {
    const { rows, waitingRows, waitingBytes, ...rest } = this.#writer.stats();
    return {
      ...rest,
      changes: rows,
      waiting: waitingRows + this.#gathered.length,
      waitingBytes: waitingBytes + this.#gatheredBytes,
    };
  }

  waits(): WaitHistogram {
    return this.#writer.waits();
  }

  get #level(): Level<Buffer, Buffer> {
    if (!this.#opened) throw new StoreError("the store is not open");
    return this.#opened;
  }

  get #isFull(): boolean {
    if (this.failingSince === undefined) return false;
    const { waiting, waitingBytes } = this.stats();
    return waiting >= MOST_KEPT || waitingBytes >= MOST_KEPT_BYTES;
  }

  #add(operation: Operation): void {
    this.#gathered.push(operation);
    this.#gatheredBytes += operation.key.length + (operation.type === "put" ? operation.value.length : 0);
    this.#writer.touch();
  }

  #gather(): Gathered {
    const gathered = { operations: this.#gathered, bytes: this.#gatheredBytes };
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return gathered;
  }

  #write(operations: Operation[], options: { sync: boolean }): Promise<void> {
    // An empty batch would not reach the log, and nothing would be synced.
    if (operations.length === 0) return this.#level.put(keys.versionKey, FORMAT_ROW, options);
    return this.#level.batch(operations, options);
  }

  /** A database that is not there any more must not be replaced by an empty one. */
  async #reopen(): Promise<void> {
    await this.#level.close();
    await this.#level.open({ createIfMissing: false });
  }

  #failed(error: unknown): void {
    this.#log?.error(
      { data: this.#directory },
      `the store cannot write and tries again until it can: ${explainFault(this.#directory, error)}`,
    );
  }

  /** Level itself drops damaged records of its log without a word. */
  async #reportDamage(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (!name.endsWith(".log")) continue;
      const { damage } = await scanLog(join(this.#directory, name)).catch(goneOr);
      if (damage)
        this.#log?.error(
          { data: this.#directory, file: name, ...damage },
          `the data directory ${this.#directory} is damaged: ${name} cannot be read at byte ${damage.offset}, and what was stored there is lost. ` +
            "Restore the directory from a copy if one is newer; look at the disk's health",
        );
    }
  }

  async #checkFormat(): Promise<void> {
    const found = await this.#level.get(keys.versionKey);
    if (!found) return this.#level.put(keys.versionKey, FORMAT_ROW, { sync: true });
    const version = Number(found.toString());
    if (version === FORMAT) return;
    await this.#level.close();
    throw new StoreError(
      `the data directory ${this.#directory} has format ${found}, and this version of Causeway reads up to ${FORMAT}: ` +
        "run the version that wrote it or a newer one, or name another directory with --data",
    );
  }

  async #subscriptions(clientId: string): Promise<Map<string, QoS>> {
    const rows = await this.#level.iterator(keys.clientRange(Kind.subscription, clientId)).all();
    return new Map(
      rows.map(([key, value]) => [keys.readClientKey(key).suffix.toString(), value.readUInt8(0) as QoS]),
    );
  }

  async #suffixes(
    kind: typeof Kind.queued | typeof Kind.incoming,
    clientId: string,
    read: (suffix: Buffer) => number,
  ): Promise<number[]> {
    const rows = await this.#level.keys(keys.clientRange(kind, clientId)).all();
    return rows.map((key) => read(keys.readClientKey(key).suffix));
  }
}

function operation(change: Change): Operation {
  switch (change.type) {
    case "retain":
      return {
        type: "put",
        key: keys.retainedKey(change.message.topic),
        value: encodeMessage(change.message),
      };
    case "unretain":
      return { type: "del", key: keys.retainedKey(change.topic) };
    case "enqueue":
      return {
        type: "put",
        key: keys.queueKey(change.clientId, change.sequence),
        value: encodeMessage(change.message),
      };
    case "release":
      return { type: "put", key: keys.queueKey(change.clientId, change.sequence), value: RELEASED };
    case "dequeue":
      return { type: "del", key: keys.queueKey(change.clientId, change.sequence) };
    case "open-session":
      return { type: "put", key: keys.clientKey(Kind.session, change.clientId), value: RELEASED };
    case "subscribe":
      return {
        type: "put",
        key: keys.subscriptionKey(change.clientId, change.filter),
        value: Buffer.from([change.qos]),
      };
    case "unsubscribe":
      return { type: "del", key: keys.subscriptionKey(change.clientId, change.filter) };
    case "add-incoming":
      return { type: "put", key: keys.incomingKey(change.clientId, change.packetId), value: RELEASED };
    case "remove-incoming":
      return { type: "del", key: keys.incomingKey(change.clientId, change.packetId) };
    case "put-will":
      return {
        type: "put",
        key: keys.clientKey(Kind.will, change.will.clientId),
        value: encodeWill(change.will),
      };
    case "remove-will":
      return { type: "del", key: keys.clientKey(Kind.will, change.clientId) };
  }
}

/** The database of another process drops its logs; that the directory is in use is told when it is opened. */
function goneOr(error: NodeJS.ErrnoException): Pick<LogScan, "damage"> {
  if (error.code !== "ENOENT") throw error;
  return {};
}

function explainOpen(directory: string, error: unknown): string {
  const { code, cause } = error as {
    code?: string;
    cause?: { code?: string; message?: string };
  };
  if (cause?.code === "LEVEL_LOCKED")
    return `the data directory ${directory} is in use by another process: stop that one, or name another directory with --data`;
  if (code === "EACCES" || code === "EPERM" || /permission denied/i.test(cause?.message ?? ""))
    return `the data directory ${directory} cannot be read and written by this user: change its owner, or name another directory with --data`;
  if (code === "EEXIST" || code === "ENOTDIR")
    return `the data directory ${directory} is not a directory: name another one with --data`;
  // The directory itself is there, so a file that Level misses is a part of it.
  if (/^Corruption|No such file/.test(cause?.message ?? ""))
    return `the data directory ${directory} is damaged and cannot be opened (${cause?.message}): restore it from a copy, or name another directory with --data`;
  return explainFault(directory, error);
}
