import { Readable } from "node:stream";
import type { Store, StoredMessage } from "../../../src/storage/store.js";
import { Incoming } from "./incoming.js";
import type { Packet } from "./packet.js";
import { PacketQueue } from "./packet-queue.js";
import { StoredData } from "./stored-data.js";
import { type Subscription, Subscriptions } from "./subscriptions.js";
import { type Will, Wills } from "./wills.js";

interface Broker {
  id: string;
}

interface Client {
  readonly id: string;
}

/** `aedes-persistence`'s asynchronous interface, on a store that keeps all there is to know. */
export class StorePersistence {
  broker: Broker = { id: "" };
  readonly #data: StoredData;
  readonly #subscriptions: Subscriptions;
  readonly #incoming: Incoming;
  readonly #wills: Wills;
  readonly #destroyed: () => Promise<void>;

  constructor(create: () => Store, destroyed: () => Promise<void>) {
    this.#data = new StoredData(create);
    this.#subscriptions = new Subscriptions(this.#data);
    this.#incoming = new Incoming(this.#data);
    this.#wills = new Wills(this.#data);
    this.#destroyed = destroyed;
  }

  async setup(broker: Broker): Promise<void> {
    this.broker = broker;
    await this.#data.reopen();
  }

  async destroy(): Promise<void> {
    await this.#data.close();
    await this.#destroyed();
  }

  async storeRetained({ topic, payload, qos }: Packet): Promise<void> {
    const { store } = this.#data;
    if (payload.length === 0) store.write({ type: "unretain", topic });
    else store.retain({ topic, payload: Buffer.from(payload), qos, retain: true, time: Date.now() });
    await store.flush();
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained(filters));
  }

  async *#retained(filters: readonly string[]): AsyncIterable<object> {
    await this.#data.reopen();
    const found = new Map<string, StoredMessage>();
    for (const filter of filters)
      for await (const message of this.#data.store.retained(filter)) found.set(message.topic, message);
    for (const { topic, payload, qos, retain } of found.values())
      yield { cmd: "publish", id: this.broker.id, topic, payload, qos, retain };
  }

  async addSubscriptions({ id }: Client, subscriptions: readonly Subscription[]): Promise<void> {
    await this.#subscriptions.add(id, subscriptions);
  }

  async removeSubscriptions({ id }: Client, filters: readonly string[]): Promise<void> {
    await this.#subscriptions.remove(id, filters);
  }

  async subscriptionsByClient({ id }: Client): Promise<Subscription[]> {
    return this.#subscriptions.of(id);
  }

  async subscriptionsByTopic(topic: string): Promise<object[]> {
    return this.#subscriptions.matching(topic);
  }

  async cleanSubscriptions({ id }: Client): Promise<void> {
    const filters = (await this.#subscriptions.of(id)).map(({ topic }) => topic);
    await this.#subscriptions.remove(id, filters);
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    const all = await this.#subscriptions.all();
    const reliable = [...all.values()].flat().filter(({ qos }) => qos > 0);
    return { subsCount: reliable.length, clientsCount: all.size };
  }

  getClientList(filter: string): Readable {
    return Readable.from(this.#clients(filter));
  }

  async *#clients(filter: string): AsyncIterable<string> {
    for (const [clientId, subscriptions] of await this.#subscriptions.all())
      if (subscriptions.some(({ topic }) => topic === filter)) yield clientId;
  }

  async outgoingEnqueue(subscription: { clientId: string }, packet: Packet): Promise<void> {
    await this.outgoingEnqueueCombi([subscription], packet);
  }

  async outgoingEnqueueCombi(subscriptions: readonly { clientId: string }[], packet: Packet): Promise<void> {
    const clientIds = subscriptions.map(({ clientId }) => clientId);
    await PacketQueue.put(this.#data, clientIds, packet);
  }

  async outgoingUpdate({ id }: Client, { cmd, messageId, brokerId, brokerCounter }: Packet): Promise<void> {
    const queue = await PacketQueue.open(this.#data, id);
    const packets = await queue.packets();
    const found = packets.find(({ packet, ...queued }) =>
      cmd === "pubrel"
        ? queued.messageId === messageId
        : packet.brokerId === brokerId && packet.brokerCounter === brokerCounter,
    );
    if (!found) throw new Error("no such packet");
    if (cmd === "pubrel") await queue.release(found);
    else await queue.setMessageId(found, messageId);
  }

  async outgoingClearMessageId({ id }: Client, { messageId }: Packet): Promise<Packet | undefined> {
    const queue = await PacketQueue.open(this.#data, id);
    const found = (await queue.packets()).find((queued) => queued.messageId === messageId);
    if (!found || messageId === undefined) return undefined;
    await queue.remove(found);
    return { ...found.packet, messageId };
  }

  outgoingStream({ id }: Client): Readable {
    return Readable.from(this.#outgoing(id));
  }

  async *#outgoing(clientId: string): AsyncIterable<object> {
    const queue = await PacketQueue.open(this.#data, clientId);
    for (const { packet, messageId, released } of await queue.packets())
      yield released ? { cmd: "pubrel", messageId } : { ...packet, messageId };
  }

  async incomingStorePacket({ id }: Client, packet: Packet): Promise<void> {
    await this.#incoming.put(id, packet);
  }

  async incomingGetPacket({ id }: Client, { messageId }: Packet): Promise<Packet> {
    return this.#incoming.get(id, messageId);
  }

  async incomingDelPacket({ id }: Client, { messageId }: Packet): Promise<void> {
    await this.#incoming.remove(id, messageId);
  }

  async cleanIncoming({ id }: Client): Promise<void> {
    await this.#incoming.clear(id);
  }

  /** Marks the packet, as the engine expects. */
  async putWill({ id }: Client, will: Will): Promise<void> {
    Object.assign(will, { brokerId: this.broker.id, clientId: id });
    await this.#wills.put(id, this.broker.id, will);
  }

  async getWill({ id }: Client): Promise<Will | undefined> {
    return this.#wills.get(id);
  }

  async delWill({ id }: Client): Promise<Will | undefined> {
    return this.#wills.remove(id);
  }

  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    return Readable.from(this.#willsOfOthers(brokers));
  }

  async *#willsOfOthers(brokers: Readonly<Record<string, unknown>>): AsyncIterable<Will> {
    for (const will of await this.#wills.all()) if (!brokers[will.brokerId ?? ""]) yield will;
  }
}
