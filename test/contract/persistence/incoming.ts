import type { Packet } from "./packet.js";
import { PacketQueue, type Queued } from "./packet-queue.js";
import type { StoredData } from "./stored-data.js";

/** QoS 2 packets that were received and not released: in queues of their own. */
export class Incoming {
  readonly #data: StoredData;

  constructor(data: StoredData) {
    this.#data = data;
  }

  async put(clientId: string, packet: Packet): Promise<void> {
    const { messageId } = packet;
    await PacketQueue.put(this.#data, [nameOf(clientId)], packet, messageId);
    this.#data.store.write({ type: "add-incoming", clientId: nameOf(clientId), packetId: messageId ?? 0 });
    await this.#data.store.flush();
  }

  async get(clientId: string, messageId: number | undefined): Promise<Packet> {
    const { found } = await this.#find(clientId, messageId);
    return { ...found.packet, messageId };
  }

  async remove(clientId: string, messageId: number | undefined): Promise<void> {
    const { queue, found } = await this.#find(clientId, messageId);
    this.#forget(clientId, found);
    await queue.remove(found);
  }

  async clear(clientId: string): Promise<void> {
    const queue = await PacketQueue.open(this.#data, nameOf(clientId));
    const packets = await queue.packets();
    for (const packet of packets) this.#forget(clientId, packet);
    await queue.remove(...packets);
  }

  async #find(
    clientId: string,
    messageId: number | undefined,
  ): Promise<{ queue: PacketQueue; found: Queued }> {
    const { incoming } = await this.#data.session(nameOf(clientId));
    const queue = await PacketQueue.open(this.#data, nameOf(clientId));
    const found = (await queue.packets()).find((packet) => packet.messageId === messageId);
    if (!found || !incoming.includes(messageId ?? 0)) throw new Error("no such packet");
    return { queue, found };
  }

  #forget(clientId: string, { messageId = 0 }: Queued): void {
    this.#data.store.write({ type: "remove-incoming", clientId: nameOf(clientId), packetId: messageId });
  }
}

function nameOf(clientId: string): string {
  return `incoming of ${clientId}`;
}
