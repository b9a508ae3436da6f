import type { IPublishPacket, Packet } from "mqtt-packet";
import { type Clock, NEVER } from "./clock.js";
import type { Ledger } from "./ledger.js";
import { type Message, messageIdOf, type QoS } from "./message.js";
import type { Attachment, Session } from "./session.js";

/**
 * How far a QoS 1 or 2 message has come. `acked`: PUBACK or PUBREC is out. `proven`: the server is known to have seen
 * PUBACK. `released`: PUBREL has come. `done`: PUBCOMP is out.
 */
type Progress = "open" | "acked" | "proven" | "released" | "done";

/** One packet that the client has, however often it is sent. */
interface Copy {
  readonly message: Message;
  readonly packetId: number;
  readonly qos: 1 | 2;
  /** Its place among those of the session. */
  readonly place: number;
  /** The connection that it was last sent on. */
  attachment: Attachment;
  progress: Progress;
}

export interface ReceiverContext {
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** The server's mqtt.maxInflight. */
  readonly maxInflight: number;
  owe(packet: Packet, given: () => void): void;
  fault(text: string): void;
}

/** The subscribing half of a client: acknowledges, and finds what one connection must not do. */
export class Receiver {
  readonly #context: ReceiverContext;
  #session: Session | undefined;
  #attachment: Attachment | undefined;
  #copies = new Map<number, Copy>();
  #places = 0;
  /** The last place that came again on this connection, by topic; beyond all once a new message has come. */
  #again = new Map<string, number>();

  constructor(context: ReceiverContext) {
    this.#context = context;
  }

  /** CONNACK has come. */
  connected(session: Session, attachment: Attachment): void {
    if (this.#session !== session) this.#copies.clear();
    this.#session = session;
    this.#attachment = attachment;
    this.#again.clear();
  }

  /** The server died, and may have forgotten which acknowledgements it saw. */
  crashed(): void {
    for (const copy of this.#copies.values()) if (copy.progress === "proven") copy.progress = "acked";
  }

  /** Messages whose acknowledgement is not over, for a client that answers at once. */
  get unfinished(): string[] {
    return [...this.#copies.values()].filter(isOpen).map((copy) => `${copy.message} (${copy.progress})`);
  }

  /** The server has seen every PUBACK that was sent on this connection when what is returned is called. */
  proof(): () => void {
    const acked = [...this.#copies.values()].filter(
      ({ qos, progress, attachment }) => qos === 1 && progress === "acked" && attachment === this.#attachment,
    );
    return () => {
      for (const copy of acked) if (copy.progress === "acked") copy.progress = "proven";
    };
  }

  publish(packet: IPublishPacket): void {
    const payload = Buffer.from(packet.payload);
    const message = this.#messageOf(packet, payload);
    if (!message) return;
    if (packet.qos === 0) {
      if (packet.dup) this.#context.fault(`${message} came at QoS 0 with DUP [MQTT-3.3.1-2]`);
      this.#arrived(message, 0, packet.retain);
      return;
    }
    const copy = this.#copyOf(message, packet);
    const { packetId, qos } = copy;
    this.#context.owe({ cmd: qos === 1 ? "puback" : "pubrec", messageId: packetId }, () => {
      if (copy.progress === "open") copy.progress = "acked";
    });
  }

  pubrel(packetId: number): void {
    const copy = this.#copies.get(packetId);
    if (copy?.qos === 2 && copy.progress === "open")
      this.#context.fault(`PUBREL for ${copy.message}, for which no PUBREC was sent`);
    if (copy?.qos === 2) {
      copy.progress = "released";
      if (this.#attachment) copy.attachment = this.#attachment;
    }
    this.#context.owe({ cmd: "pubcomp", messageId: packetId }, () => {
      if (copy?.progress === "released") copy.progress = "done";
    });
  }

  #messageOf({ topic, retain }: IPublishPacket, payload: Buffer): Message | undefined {
    const { ledger } = this.#context;
    const message =
      payload.length === 0 ? ledger.anonymous.get(topic) : ledger.messages.get(messageIdOf(payload));
    if (payload.length === 0 && retain) this.#context.fault(`${topic}: an empty message came as retained`);
    if (message?.topic === topic && message.payload.equals(payload)) return message;
    this.#context.fault(`a message came that nobody has sent: ${topic} ${payload.subarray(0, 60)}`);
    return undefined;
  }

  #copyOf(message: Message, packet: IPublishPacket): Copy {
    const packetId = packet.messageId ?? 0;
    const known = this.#copies.get(packetId);
    if (known && isSame(known, message, packet)) return this.#cameAgain(known, packet);
    if (known && isOpen(known))
      this.#context.fault(
        `${message} came with the identifier ${packetId} of ${known.message} [MQTT-2.3.1-4]`,
      );
    return this.#new(message, packet, packetId);
  }

  #new(message: Message, { qos, retain, dup }: IPublishPacket, packetId: number): Copy {
    const { ledger, maxInflight, fault } = this.#context;
    const attachment = this.#attached;
    const [first] = ledger.transmissionsOf(message);
    if (dup && !attachment.resumed) fault(`${message} came for the first time, in a new session, with DUP`);
    else if (dup && !message.anonymous && first && first.sentAt > attachment.connackAt)
      fault(`${message} came for the first time, on the connection that it was sent during, with DUP`);
    const copy: Copy = {
      message,
      packetId,
      qos: qos === 1 ? 1 : 2,
      place: ++this.#places,
      attachment,
      progress: "open",
    };
    this.#copies.set(packetId, copy);
    this.#again.set(message.topic, NEVER);
    this.#arrived(message, qos, retain);
    let inFlight = 0;
    for (const other of this.#copies.values())
      if (other.attachment === attachment && isOpen(other)) inFlight++;
    if (inFlight > maxInflight) fault(`${inFlight} messages in flight, where ${maxInflight} are allowed`);
    return copy;
  }

  #cameAgain(copy: Copy, { dup }: IPublishPacket): Copy {
    const { fault } = this.#context;
    const { message, place } = copy;
    if (!dup) fault(`${message} came again without DUP [MQTT-3.3.1-1]`);
    if (copy.attachment === this.#attachment) fault(`${message} came twice on one connection [MQTT-4.4.0-1]`);
    if (copy.progress === "proven") fault(`${message} came again after its acknowledgement`);
    if (place < (this.#again.get(message.topic) ?? 0))
      fault(`${message} came again after a later one of its topic [MQTT-4.6.0-6]`);
    this.#again.set(message.topic, place);
    copy.attachment = this.#attached;
    // An earlier PUBREC may still be on its way, and be answered later.
    if (copy.qos === 1) copy.progress = "open";
    return copy;
  }

  #arrived(message: Message, qos: QoS, retain: boolean): void {
    const attachment = this.#attached;
    this.#session?.arrived({ message, qos, retain, at: this.#context.clock.tick(), attachment });
  }

  get #attached(): Attachment {
    if (!this.#attachment) throw new Error("a message came before CONNACK");
    return this.#attachment;
  }
}

/** Whether the packet may be the one that the client has already. */
function isSame(copy: Copy, message: Message, { qos, dup }: IPublishPacket): boolean {
  if (copy.message !== message || copy.qos !== qos) return false;
  return copy.progress === "open" || (dup && (copy.progress === "acked" || copy.progress === "proven"));
}

/** Whether the server must still keep the identifier for this message. */
function isOpen({ qos, progress }: Copy): boolean {
  return qos === 1 ? progress === "open" : progress !== "done";
}
