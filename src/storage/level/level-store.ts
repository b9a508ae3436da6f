import { mkdir } from "node:fs/promises";
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
} from "../store.js";
import { Committer, type Operation } from "./committer.js";
import * as keys from "./keys.js";
import { Kind } from "./keys.js";
import { decodeMessage, decodeWill, encodeMessage, encodeWill } from "./records.js";

/** Version of the layout in keys.ts and records.ts. A directory with a higher one is refused. */
const FORMAT = 1;
const RELEASED = Buffer.alloc(0);

/** The embedded store: one Level database in one directory, owned by one process. */
export class LevelStore implements Store {
  readonly #directory: string;
  readonly #level: Level<Buffer, Buffer>;
  readonly #committer: Committer;

  constructor(directory: string) {
    this.#directory = directory;
    this.#level = new Level(directory, { keyEncoding: "buffer", valueEncoding: "buffer" });
    this.#committer = new Committer((operations, options) => this.#level.batch(operations, options));
  }

  async open(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true });
      await this.#level.open();
    } catch (error) {
      throw new StoreError(explainOpen(this.#directory, error));
    }
    await this.#checkFormat();
  }

  async close(): Promise<void> {
    await this.#committer.settled();
    await this.#level.close();
  }

  commit(changes: readonly Change[]): Promise<void> {
    return this.#committer.commit(changes.map(operation), true);
  }

  commitLazily(changes: readonly Change[]): Promise<void> {
    return this.#committer.commit(changes.map(operation), false);
  }

  async removeSession(clientId: string): Promise<void> {
    await this.#committer.settled();
    const operations: Operation[] = [];
    for (const kind of [Kind.session, Kind.subscription, Kind.queued, Kind.incoming])
      for await (const key of this.#level.keys(keys.clientRange(kind, clientId)))
        operations.push({ type: "del", key });
    await this.#committer.commit(operations, true);
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
    await this.#committer.settled(); // a value published before this call must be seen
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

  stats(): StoreStats {
    return this.#committer.stats();
  }

  async #checkFormat(): Promise<void> {
    const found = await this.#level.get(keys.versionKey);
    if (!found) return this.#level.put(keys.versionKey, Buffer.from(String(FORMAT)), { sync: true });
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

function explainOpen(directory: string, error: unknown): string {
  const { code, cause, message } = error as {
    code?: string;
    cause?: { code?: string; message?: string };
    message: string;
  };
  if (cause?.code === "LEVEL_LOCKED")
    return `the data directory ${directory} is in use by another process: stop that one, or name another directory with --data`;
  if (code === "EACCES" || code === "EPERM" || /permission denied/i.test(cause?.message ?? ""))
    return `the data directory ${directory} cannot be read and written by this user: change its owner, or name another directory with --data`;
  if (code === "EEXIST" || code === "ENOTDIR")
    return `the data directory ${directory} is not a directory: name another one with --data`;
  return `the data directory ${directory} cannot be opened (${cause?.message ?? message}): restore it from a copy, or name another directory with --data`;
}
