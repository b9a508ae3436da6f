import type { TestContext } from "node:test";
import type { IPublishPacket, Packet } from "mqtt-packet";
import type { RunningServer } from "../../helpers/server.js";
import { Connection } from "../../long/crash/connection.js";
import { Watch } from "../../model/watch.js";

const PATIENCE_MS = 15_000;

/** A client that sends nothing by itself, whose session is kept. */
export class Peer {
  readonly id: string;
  /** Of the present connection. */
  readonly packets: Packet[] = [];
  readonly #watch = new Watch(PATIENCE_MS);
  /** Whether it acknowledges by itself. */
  answers = false;
  #connection: Connection | undefined;

  constructor(t: TestContext, id: string) {
    this.id = id;
    t.after(() => this.cut());
  }

  async connect(server: RunningServer): Promise<boolean | undefined> {
    this.packets.length = 0;
    const connection = new Connection(server, this.id, (packet) => {
      this.packets.push(packet);
      if (this.answers) this.#answer(packet);
      this.#watch.happened();
    });
    this.#connection = connection;
    return await connection.accepted;
  }

  send(...packets: Packet[]): void {
    this.#connection?.send(...packets);
  }

  /** The first packet of the kind on this connection, past or to come. */
  async first(cmd: Packet["cmd"], id?: number): Promise<Packet> {
    const find = () =>
      this.packets.find((each) => each.cmd === cmd && (id === undefined || each.messageId === id));
    const seen = () => this.packets.map((packet) => packet.cmd).join(", ");
    await this.#watch.until(
      () => find() !== undefined,
      () => `${this.id}: ${cmd}, after ${seen()}`,
    );
    return find() as Packet;
  }

  /** The first PUBLISH or PUBREL on this connection, past or to come. */
  async next(): Promise<Packet> {
    const find = () => this.packets.find(({ cmd }) => cmd === "publish" || cmd === "pubrel");
    await this.#watch.until(
      () => find() !== undefined,
      () => `${this.id}: PUBLISH or PUBREL`,
    );
    return find() as Packet;
  }

  /** The PUBLISH with the payload, past or to come. */
  async message(payload: string): Promise<IPublishPacket> {
    const is = (packet: Packet): packet is IPublishPacket =>
      packet.cmd === "publish" && packet.payload.toString() === payload;
    await this.#watch.until(
      () => this.packets.some(is),
      () => `${this.id}: ${payload}`,
    );
    return this.packets.find(is) as IPublishPacket;
  }

  /** The broker has handled what was sent before. */
  async ping(): Promise<void> {
    this.send({ cmd: "pingreq" });
    await this.first("pingresp");
  }

  async subscribe(topic: string): Promise<void> {
    this.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 2 }] });
    await this.first("suback");
  }

  #answer({ cmd, messageId = 0 }: Packet): void {
    if (cmd === "publish") this.send({ cmd: "pubrec", messageId });
    if (cmd === "pubrel") this.send({ cmd: "pubcomp", messageId });
  }

  async cut(): Promise<void> {
    await this.#connection?.cut();
  }
}
