/*
 * What every store must do, whatever it is made of. A store keeps what has to survive a restart; what it holds is
 * decided by the broker. Client identifiers and topics are any UTF-8 up to 65,535 bytes.
 */

export type QoS = 0 | 1 | 2;

export interface StoredMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
}

/**
 * A place in a session's queue: the message, or only its sequence number once the receiver has the message and
 * waits for PUBREL [MQTT-4.3.3-1].
 */
export interface QueuedMessage {
  /** Grows by one per message of the session and never starts again. */
  readonly sequence: number;
  /** Absent once PUBREC has come. */
  readonly message?: StoredMessage;
}

export interface StoredWill extends StoredMessage {
  readonly clientId: string;
  /** The run of the broker that took the will. */
  readonly brokerId: string;
}

/** A session as it is found at start. */
export interface StoredSession {
  readonly clientId: string;
  readonly subscriptions: ReadonlyMap<string, QoS>;
  /** Sequence numbers in the queue, ascending. */
  readonly queued: readonly number[];
  /** Packet identifiers of QoS 2 messages received and not yet released. */
  readonly incoming: readonly number[];
}

/** One thing to write. Changes of one commit are applied together or not at all. */
export type Change =
  | { readonly type: "retain"; readonly message: StoredMessage }
  | { readonly type: "unretain"; readonly topic: string }
  | {
      readonly type: "enqueue";
      readonly clientId: string;
      readonly sequence: number;
      readonly message: StoredMessage;
    }
  | { readonly type: "release"; readonly clientId: string; readonly sequence: number }
  | { readonly type: "dequeue"; readonly clientId: string; readonly sequence: number }
  | { readonly type: "open-session"; readonly clientId: string }
  | { readonly type: "subscribe"; readonly clientId: string; readonly filter: string; readonly qos: QoS }
  | { readonly type: "unsubscribe"; readonly clientId: string; readonly filter: string }
  | { readonly type: "add-incoming"; readonly clientId: string; readonly packetId: number }
  | { readonly type: "remove-incoming"; readonly clientId: string; readonly packetId: number }
  | { readonly type: "put-will"; readonly will: StoredWill }
  | { readonly type: "remove-will"; readonly clientId: string };

export interface Store {
  /** @throws {StoreError} with a message for the person who started the broker. */
  open(): Promise<void>;
  /** Waits for what was committed, then lets go of the files. */
  close(): Promise<void>;

  /**
   * Writes changes in the order of the calls. Calls of one turn share one write.
   * Resolves once they are where the durability wants them; an empty list resolves after everything committed before it.
   * While the store cannot write, it stays pending and the changes are kept; it rejects when too many are kept so already,
   * and when the store is closed.
   */
  commit(changes: readonly Change[]): Promise<void>;
  /** As `commit`, for changes whose loss in a crash does no harm: nobody waits until they are synced. */
  commitLazily(changes: readonly Change[]): void;
  /** Removes a session and all that belongs to it. */
  removeSession(clientId: string): Promise<void>;

  sessions(): AsyncIterable<StoredSession>;
  /** A page of a session's queue in order, from the first sequence number after `after`. */
  queue(clientId: string, after: number, limit: number): Promise<QueuedMessage[]>;
  /** Retained messages whose topic matches the filter. */
  retained(filter: string): AsyncIterable<StoredMessage>;
  wills(): AsyncIterable<StoredWill>;

  /** When the store became unable to write, in milliseconds since 1970; undefined while it can. */
  readonly failingSince: number | undefined;
  stats(): StoreStats;
  /** How long commits were waited for. */
  waits(): WaitHistogram;
}

export interface StoreStats {
  /** Grouped writes since the start. */
  readonly writes: number;
  /** Changes written since the start. */
  readonly changes: number;
  /** Bytes of them. */
  readonly bytes: number;
  /** Writes that failed since the start. */
  readonly failures: number;
  /** Changes, and bytes of them, that are not written yet. */
  readonly waiting: number;
  readonly waitingBytes: number;
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

/** The store cannot be opened. Its message says why and what to do. */
export class StoreError extends Error {}
