import { once } from "node:events";
import type { Duplex } from "node:stream";
import { generate, type Packet, parser } from "mqtt-packet";
import { Watch } from "../../model/watch.js";

export type Carrier = "TCP" | "WebSocket" | "TLS";

/** Opens a connection to one server. */
export type Open = (carrier: Carrier) => Duplex;

/** The stream that `ws` makes of a WebSocket does not close by itself when the other side has cut it. */
export async function ended(stream: Duplex): Promise<void> {
  if (stream.readableEnded || stream.closed) return;
  await Promise.race([once(stream, "end"), once(stream, "close")]);
}

/** One client that goes from one connection to the next, and leaves some messages unacknowledged on each. */
export class Wanderer {
  /** Numbers in the order in which they came, by QoS; a message at QoS 2 whose identifier is held came before. */
  readonly got: Readonly<Record<number, number[]>> = { 1: [], 2: [] };
  readonly #open: Open;
  readonly #held = new Set<number>();
  readonly #watch = new Watch(15_000);
  #stream: Duplex | undefined;
  #answered = 0;
  #suback = false;

  constructor(open: Open) {
    this.#open = open;
  }

  get count(): number {
    return new Set(this.got[1]).size + (this.got[2]?.length ?? 0);
  }

  /** Resolves to session present, when the connection before has been closed by the server. */
  async moveTo(carrier: Carrier, patient: boolean): Promise<boolean> {
    const before = this.#stream;
    const left = before && ended(before);
    const stream = this.#open(carrier);
    this.#stream = stream;
    this.#answered = 0;
    const reader = parser({ protocolVersion: 4 });
    const accepted = new Promise<boolean>((resolve) => {
      reader.on("packet", (packet: Packet) => {
        if (packet.cmd === "connack") resolve(packet.sessionPresent);
        else if (this.#stream === stream) this.#take(packet, patient); // what comes late is not looked at
        this.#watch.happened();
      });
    });
    stream.on("data", (bytes: Buffer) => reader.parse(bytes));
    const mqtt311 = { protocolId: "MQTT", protocolVersion: 4 } as const;
    this.#send({ cmd: "connect", ...mqtt311, clientId: "wanderer", clean: false, keepalive: 0 });
    const present = await accepted;
    await left;
    return present;
  }

  async subscribe(): Promise<void> {
    this.#send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "journey", qos: 2 }] });
    await this.#watch.until(
      () => this.#suback,
      () => "SUBACK",
    );
  }

  until(count: number): Promise<void> {
    return this.#watch.until(
      () => this.count >= count,
      () => `${count} messages; ${this.count} came`,
    );
  }

  #take(packet: Packet, patient: boolean): void {
    const { messageId = 0 } = packet;
    if (packet.cmd === "suback") this.#suback = true;
    if (packet.cmd === "pubrel") {
      this.#held.delete(messageId);
      this.#answer({ cmd: "pubcomp", messageId }, patient);
    }
    if (packet.cmd !== "publish") return;
    const { qos } = packet;
    if (qos !== 2 || !this.#held.has(messageId)) this.got[qos]?.push(Number(packet.payload.toString()));
    if (qos === 2) this.#held.add(messageId);
    this.#answer({ cmd: qos === 2 ? "pubrec" : "puback", messageId }, patient);
  }

  /** An impatient one leaves after a few answers. */
  #answer(packet: Packet, patient: boolean): void {
    if (patient || this.#answered < 25) this.#send(packet);
    this.#answered++;
  }

  #send(packet: Packet): void {
    this.#stream?.write(generate(packet));
  }
}
