import type {
  Place,
  QueueState,
  StoredQueue,
  StoredSession,
  Unacknowledged,
} from "../../../src/storage/store.js";
import { fromStored, type Packet, toStored } from "./packet.js";
import type { StoredData } from "./stored-data.js";

const PAGE = 10;

/** A packet with its place in a queue. */
export interface Queued {
  readonly sequence: number;
  readonly packet: Packet;
  readonly messageId: number | undefined;
  /** What is owed is PUBREL. */
  readonly released: boolean;
}

/** The queue of a session. All that is in it counts as sent, so that any of it can go or change at any time. */
export class PacketQueue implements QueueState {
  readonly #data: StoredData;
  readonly #clientId: string;
  readonly #queue: StoredQueue;
  readonly #owed: Map<number, boolean>;
  passed: number;

  private constructor(data: StoredData, session: StoredSession) {
    this.#data = data;
    this.#clientId = session.clientId;
    this.#queue = session.queue;
    this.passed = session.last;
    this.#owed = new Map(session.unacknowledged.map(({ sequence, released }) => [sequence, released]));
    this.#queue.owner = this;
  }

  static async open(data: StoredData, clientId: string): Promise<PacketQueue> {
    return new PacketQueue(data, await data.session(clientId));
  }

  /** Puts a packet at the end of several queues; `messageId` belongs to it from the beginning. */
  static async put(
    data: StoredData,
    clientIds: readonly string[],
    packet: Packet,
    messageId?: number,
  ): Promise<void> {
    for (const clientId of clientIds) await data.session(clientId);
    const sessions = await data.sessions();
    const queues = clientIds.flatMap((clientId) => {
      const session = sessions.get(clientId);
      return session ? [new PacketQueue(data, session)] : [];
    });
    data.store.enqueue(
      toStored(packet),
      queues.map((queue) => queue.#place(packet, messageId)),
    );
    await data.store.flush();
  }

  get unacknowledged(): Iterable<Unacknowledged> {
    return Array.from(this.#owed, ([sequence, released]) => ({ sequence, released }));
  }

  /** All packets, in order. */
  async packets(): Promise<Queued[]> {
    const packets: Queued[] = [];
    for (let after = 0; ; ) {
      const entries = await this.#queue.read(after, PAGE);
      for (const { sequence, message } of entries) {
        after = sequence;
        const released = this.#owed.get(sequence);
        if (released === undefined) continue;
        const messageId = await this.#data.noted<number>(this.#noteOf(sequence));
        packets.push({ sequence, packet: fromStored(message), messageId, released });
      }
      if (entries.length === 0) return packets;
    }
  }

  async setMessageId({ sequence }: Queued, messageId: number | undefined): Promise<void> {
    this.#data.note(this.#noteOf(sequence), messageId);
    await this.#data.store.flush();
  }

  async release({ sequence }: Queued): Promise<void> {
    this.#owed.set(sequence, true);
    await this.#changed();
  }

  async remove(...packets: readonly Queued[]): Promise<void> {
    for (const { sequence } of packets) {
      this.#owed.delete(sequence);
      this.#data.note(this.#noteOf(sequence), undefined);
    }
    await this.#changed();
  }

  #place({ qos, retain }: Packet, messageId: number | undefined): Place {
    const sequence = ++this.passed;
    this.#owed.set(sequence, false);
    this.#queue.changed();
    if (messageId !== undefined) this.#data.note(this.#noteOf(sequence), messageId);
    return { queue: this.#queue, sequence, qos: qos === 2 ? 2 : 1, retain };
  }

  #noteOf(sequence: number): (string | number)[] {
    return ["messageId", this.#clientId, sequence];
  }

  async #changed(): Promise<void> {
    this.#queue.changed();
    await this.#data.store.flush();
  }
}
