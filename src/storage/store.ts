/*
 * What every store must do, whatever it is made of. A store keeps what has to survive a restart; what it holds is
 * decided by the broker. Client identifiers, topics and names of streams are any UTF-8 up to 65,535 bytes. Times are
 * milliseconds since 1970.
 *
 * Writes are gathered: what is asked for in one turn of the event loop, or while a write is under way, becomes one group,
 * written whole or not at all, in the order of the calls. `flush` tells when a group is where the durability wants it.
 */
import type { Places } from "./places.js";

export type QoS = 0 | 1 | 2;

export interface StoredMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  /** When the broker took it. */
  readonly time: number;
  /** MQTT 5 properties as they stand in the packet, without their length. Absent when there are none. */
  readonly properties?: Buffer;
}

/** A message that was found in a session's queue. */
export interface QueuedMessage {
  readonly sequence: number;
  readonly message: StoredMessage;
}

/** Whose a session or a will is. */
export interface StoredOwner {
  /** Empty for nobody in particular. */
  readonly user: string;
  /** Its credential said itself what it may do, so that rules alone do not tell. */
  readonly stated: boolean;
}

export interface StoredWill extends StoredMessage {
  readonly clientId: string;
  /** Absent when that was not written. */
  readonly owner?: StoredOwner;
  /** The run of the broker that took the will. */
  readonly brokerId: string;
}

/** A message that a client was sent and has not acknowledged to the end. */
export interface Unacknowledged {
  readonly sequence: number;
  /** PUBREC has come: what is owed is PUBREL [MQTT-4.3.3-1]. */
  readonly released: boolean;
}

/** How far a queue has been gone through. */
export interface QueueState {
  /** Up to this number messages have been sent, dropped or expired; what is left of them is in `unacknowledged`. */
  readonly passed: number;
  /** Ascending. */
  readonly unacknowledged: Iterable<Unacknowledged>;
}

/** The stored queue of one session. */
export interface StoredQueue {
  /** Who tells the queue's state when it is written. */
  owner: QueueState | undefined;
  /** Its client is there, so that messages are likely to be done with soon. */
  attached: boolean;
  /**
   * Messages after a sequence number, in order, at most `limit`; the one with which their payloads reach `mostBytes` is the
   * last. Only what has been written is found.
   */
  read(after: number, limit: number, mostBytes?: number): Promise<QueuedMessage[]>;
  /**
   * The state of the queue has changed: it is written with the group that is gathered now, once however often asked.
   * Messages that are done with are removed.
   */
  changed(): void;
}

/** Where one message goes: a place in a session's queue, with the QoS of that delivery. */
export interface Place {
  readonly queue: StoredQueue;
  /** Ascending within a queue; gaps are allowed. */
  readonly sequence: number;
  readonly qos: 1 | 2;
  readonly retain: boolean;
}

/** A session as it is found at start. */
export interface StoredSession extends QueueState {
  readonly clientId: string;
  readonly subscriptions: ReadonlyMap<string, QoS>;
  /** Packet identifiers of QoS 2 messages received and not yet released. */
  readonly incoming: readonly number[];
  /** When its client went away; absent when that was not written. */
  readonly awaySince?: number;
  /** Absent when that was not written. */
  readonly owner?: StoredOwner;
  readonly queue: StoredQueue;
  readonly unacknowledged: readonly Unacknowledged[];
  /** What waits after `passed`. */
  readonly places: Places;
  /** The highest number that was ever given, as far as it is known. */
  readonly last: number;
}

/** What is known of a stream without reading it. */
export interface StoredStream {
  readonly name: string;
  /** Offsets of its oldest and newest entry, lost ones included. */
  readonly first: number;
  readonly last: number;
  readonly entries: number;
}

export interface StreamEntry {
  readonly offset: number;
  readonly entry: Buffer;
}

/** One thing to write. */
export type Change =
  | { readonly type: "unretain"; readonly topic: string }
  | {
      readonly type: "put-session";
      readonly clientId: string;
      readonly awaySince?: number;
      readonly owner?: StoredOwner;
    }
  | { readonly type: "subscribe"; readonly clientId: string; readonly filter: string; readonly qos: QoS }
  | { readonly type: "unsubscribe"; readonly clientId: string; readonly filter: string }
  | { readonly type: "add-incoming"; readonly clientId: string; readonly packetId: number }
  | { readonly type: "remove-incoming"; readonly clientId: string; readonly packetId: number }
  | { readonly type: "put-will"; readonly will: StoredWill }
  | { readonly type: "remove-will"; readonly clientId: string };

export interface Store {
  /** @throws {StoreError} with a message for the person who started the broker. */
  open(): Promise<void>;
  /** Writes what was gathered and lets go of the files. */
  close(): Promise<void>;

  /** Adds a change to the group that is gathered now. */
  write(change: Change): void;
  /** Keeps a topic's retained message. False when the topic is new and there are as many as there may be. */
  retain(message: StoredMessage): boolean;
  /** Adds a message to queues. However many they are, its payload is written once. */
  enqueue(message: StoredMessage, places: readonly Place[]): void;
  /**
   * Resolves when everything asked for so far is where the durability wants it; the same promise for all calls of one
   * group. While the store cannot write it stays pending, and the group is tried again. Rejects only when the store is
   * closed before.
   */
  flush(): Promise<void>;

  /**
   * Adds an entry to a stream, which begins with its first one. Offsets are safe integers from 0 on that ascend within the
   * stream; gaps are allowed. The entry is copied.
   * @throws {RangeError} when the offset does not ascend, or the name is too long.
   */
  append(stream: string, offset: number, entry: Buffer): void;
  /**
   * Removes the entries with offsets up to this one, each of which costs about what adding it did: who drops much at once
   * does so in steps. A stream without entries is not there any more, and its last offset is forgotten: who is to go on
   * counting after a restart keeps the newest entry.
   */
  trim(stream: string, upTo: number): void;
  /** Removes all entries. The stream may be begun anew at once, with any offset. */
  dropStream(stream: string): void;
  /** The streams, as they will be when everything asked for is written. */
  streams(): AsyncIterable<StoredStream>;
  /**
   * Entries after an offset, in order, at most `limit`; the one with which they reach `mostBytes` is the last. Only what has
   * been written is found. An entry that is damaged or lost is left out: who gives offsets without gaps sees the hole,
   * also at the end, since `last` of the stream counts it.
   */
  readStream(stream: string, after: number, limit: number, mostBytes?: number): Promise<StreamEntry[]>;

  /** The queue of a session. */
  queue(clientId: string): StoredQueue;
  /** Removes the session whose queue it is, and all that belongs to it. Its client identifier may be used again when that is done. */
  removeSession(queue: StoredQueue): Promise<void>;
  sessions(): AsyncIterable<StoredSession>;
  /**
   * Retained messages whose topic matches the filter. With `after`, only those that come after that topic ("": all of them), in an
   * order that stays the same: a topic comes before those below it.
   */
  retained(filter: string, after?: string): AsyncIterable<StoredMessage>;
  /** Goes through the next `limit` retained messages and removes those taken before `time`; how many were removed. */
  sweepRetained(time: number, limit: number): Promise<number>;
  wills(): AsyncIterable<StoredWill>;

  /** Whether so much waits to be written that whoever asks for more should be made to wait. */
  readonly behind: boolean;
  /** Whether the store cannot write and so much waits that nothing more must be asked for. */
  readonly full: boolean;
  /** When the store became unable to write; undefined while it can. */
  readonly failingSince: number | undefined;
  stats(): StoreStats;
  /** How long was waited for groups. */
  waits(): WaitHistogram;
}

export interface StoreStats {
  /** Groups written since the start. */
  readonly writes: number;
  /** Rows written since the start. */
  readonly rows: number;
  /** Bytes of those rows, keys and values. */
  readonly bytes: number;
  /** Writes that failed since the start. */
  readonly failures: number;
  /** Changes and messages that wait to be written, and their bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Retained messages. */
  readonly retained: number;
  /** Blocks of messages that several queues share. */
  readonly blocks: number;
  readonly streams: number;
  /** Entries of all streams. */
  readonly streamEntries: number;
  /** Rows found damaged since the start. */
  readonly damaged: number;
}

export interface WaitHistogram {
  /** Upper bounds in milliseconds, ascending; the one of everything, infinity, is left out. */
  readonly bounds: readonly number[];
  /** How many waits were at most as long as each bound, then how many there were. */
  readonly counts: readonly number[];
  /** Milliseconds. */
  readonly sum: number;
  readonly count: number;
}

/** The store cannot do what it is asked. Its message says why and what to do. */
export class StoreError extends Error {}
