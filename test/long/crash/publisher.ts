import type { IPublishPacket, Packet } from "mqtt-packet";
import type { Random } from "../../model/random.js";
import { type Address, Connection } from "./connection.js";
import { payloadOf, Stream } from "./stream.js";

const WINDOW = 50;
/** Few, so that each is used again soon. */
const PACKET_IDS = 120;
const RETAINED_SHARE = 0.2;

interface Flight {
  readonly stream: Stream;
  readonly number: number;
  readonly packet: IPublishPacket;
  /** PUBREC has come: PUBREL is what is sent now [MQTT-4.3.3-1]. */
  released: boolean;
}

export interface PublisherContext {
  readonly random: Random;
  /** A packet has come. */
  onPacket(): void;
  fault(text: string): void;
}

/** Keeps a window of messages in flight, over any number of connections, as long as it has something to send. */
export class Publisher {
  readonly id: string;
  readonly streams: readonly Stream[];
  readonly #context: PublisherContext;
  /** In the order in which they were first sent. */
  readonly #flights = new Map<number, Flight>();
  #connection: Connection | undefined;
  #known = false;
  /** New messages that it may still send. */
  #quota = 0;
  #lastId = 0;

  constructor(id: string, context: PublisherContext) {
    this.id = id;
    this.#context = context;
    this.streams = ([1, 2] as const).flatMap((qos) => [
      new Stream(id, qos, false),
      new Stream(id, qos, true),
    ]);
  }

  /** Everything that it had to send is acknowledged to the end. */
  get idle(): boolean {
    return this.#flights.size === 0 && this.#quota === 0;
  }

  /** Goes on with its session: sends again what is not acknowledged, and then new messages up to the quota. */
  async connect(server: Address, quota: number): Promise<void> {
    this.#quota = quota;
    const connection = new Connection(server, this.id, (packet) => this.#take(packet));
    this.#connection = connection;
    const present = await connection.accepted;
    if (present === undefined) return;
    if (this.#known && !present) this.#context.fault(`${this.id}: its session is gone`);
    this.#known = true;
    this.#context.onPacket();
    // [MQTT-4.4.0-1]
    const again = [...this.#flights.values()].map(({ packet, released }) =>
      released ? pubrel(packet.messageId ?? 0) : { ...packet, dup: true },
    );
    connection.send(...again);
    this.#fill();
  }

  async cut(): Promise<void> {
    await this.#connection?.cut();
  }

  #fill(): void {
    const packets: Packet[] = [];
    for (; this.#quota > 0 && this.#flights.size < WINDOW; this.#quota--) packets.push(this.#next());
    this.#connection?.send(...packets);
  }

  #next(): Packet {
    const { random } = this.#context;
    const [qos, retain] = [random.oneOf([1, 2]), random.chance(RETAINED_SHARE)];
    const stream = this.streams.find((each) => each.qos === qos && each.retain === retain);
    if (!stream) throw new Error(`${this.id} has no stream at QoS ${qos}`);
    const messageId = this.#freeId();
    const number = stream.sent++;
    const { topic } = stream;
    const payload = payloadOf(number);
    const packet = {
      cmd: "publish",
      topic,
      payload,
      qos: stream.qos,
      retain,
      dup: false,
      messageId,
    } as const;
    this.#flights.set(messageId, { stream, number, packet, released: false });
    return packet;
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % PACKET_IDS) + 1;
    while (this.#flights.has(this.#lastId));
    return this.#lastId;
  }

  #take(packet: Packet): void {
    this.#answer(packet);
    this.#context.onPacket(); // last: who is told looks at once at what has changed
  }

  #answer(packet: Packet): void {
    const messageId = packet.messageId ?? 0;
    const flight = this.#flights.get(messageId);
    if (!flight || !isAnswer(packet.cmd, flight)) {
      this.#context.fault(`${this.id}: ${packet.cmd} ${messageId} does not belong to a message in flight`);
      return;
    }
    if (packet.cmd !== "pubcomp") this.#acknowledged(flight);
    if (packet.cmd === "pubrec") {
      flight.released = true;
      this.#connection?.send(pubrel(messageId));
      return;
    }
    this.#flights.delete(messageId);
    this.#fill();
  }

  /** Acknowledgements come in the order of the messages [MQTT-4.6.0-2] [MQTT-4.6.0-3]. */
  #acknowledged({ stream, number, released }: Flight): void {
    if (released) return;
    if (number !== stream.acknowledged + 1)
      this.#context.fault(`${stream.topic}: ${number} was acknowledged after ${stream.acknowledged}`);
    stream.acknowledged = number;
  }
}

function isAnswer(cmd: Packet["cmd"], { packet, released }: Flight): boolean {
  if (packet.qos === 1) return cmd === "puback";
  return cmd === "pubrec" || (released && cmd === "pubcomp");
}

function pubrel(messageId: number): Packet {
  return { cmd: "pubrel", messageId };
}
