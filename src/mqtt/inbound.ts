import { isUtf8 } from "node:buffer";
import type { Change } from "../storage/store.js";
import type { RateLimit } from "./allowance.js";
import { type Connection, Hold } from "./connection.js";
import type { Counters } from "./counters.js";
import { filtersOf } from "./filter-list.js";
import type { Intake } from "./intake.js";
import { acknowledgement, Message, type QoS } from "./message.js";
import { type PacketReader, PacketType } from "./packet-reader.js";
import type { Patience } from "./patience.js";
import type { Permissions } from "./permissions.js";
import type { Session, Settled } from "./session.js";
import type { Throttle } from "./throttle.js";
import type { TopicLimits } from "./topic-limits.js";
import { reservedFault, topicNameFault } from "./topics.js";

/** What one client may have published and not yet stored; beyond, it is made to wait. */
const MOST_PENDING = 1_000;
const MOST_PENDING_BYTES = 4 * 1024 * 1024;

/** First bytes of our answers. */
const PUBACK = 0x40;
const PUBREC = 0x50;
const PUBREL = 0x62;
const PUBCOMP = 0x70;
const PINGRESP = Buffer.of(0xd0, 0x00);

export interface InboundContext {
  readonly intake: Intake;
  readonly patience: Patience;
  readonly counters: Counters;
  readonly permissions: Pick<Permissions, "granted">;
  readonly topicLimits: TopicLimits;
  readonly throttle: Throttle;
  /** A message was not taken. */
  onRefused(session: Session, message: Message, why: MessageRefusal): void;
  /** A change of this client's could not be stored. */
  onStoreFailure(error: unknown, doing: string, clientId: string): void;
}

/** Why a message is not taken: its client may not publish it, or sends too much. */
export type MessageRefusal = "rights" | RateLimit;

/** A QoS 2 message as it came. */
interface Receipt {
  readonly packetId: number;
  readonly connection: Connection;
  readonly session: Session;
}

/**
 * Takes the packets of clients that were let in: PUBLISH, the acknowledgements and PINGREQ, which are nearly all there
 * is. What only the protocol engine knows is left to it.
 */
export class Inbound {
  readonly #context: InboundContext;

  constructor(context: InboundContext) {
    this.#context = context;
  }

  /** Takes the reader's packet: false when it is for the engine, a string when it is a fault that ends the connection. */
  take(connection: Connection, session: Session, reader: PacketReader): boolean | string {
    switch (reader.type) {
      case PacketType.publish:
        return this.#publish(connection, session, reader) ?? true;
      case PacketType.puback:
      case PacketType.pubcomp:
      case PacketType.pubrec:
      case PacketType.pubrel:
        return this.#acknowledgement(connection, session, reader) ?? true;
      case PacketType.pingreq:
        connection.answer(PINGRESP); // [MQTT-3.12.4-1]
        return true;
      case PacketType.subscribe:
      case PacketType.unsubscribe:
        return this.#filters(connection, session, reader) ?? false;
      case PacketType.connect:
      case PacketType.disconnect:
        return false;
      default:
        return `a packet of type ${reader.type}, which no client sends`;
    }
  }

  /** A fault, if there is one. */
  #publish(connection: Connection, session: Session, reader: PacketReader): string | undefined {
    const { buffer, body, end, firstByte } = reader;
    const qos = (firstByte >> 1) & 3;
    if (qos === 3) return "PUBLISH with both QoS bits set [MQTT-3.3.1-4]";
    const topicEnd = body + 2 + (((buffer[body] ?? 0) << 8) | (buffer[body + 1] ?? 0));
    const payloadStart = qos === 0 ? topicEnd : topicEnd + 2;
    if (payloadStart > end) return "malformed PUBLISH: it ends within its topic";
    const tooLarge = this.#context.topicLimits.fault(buffer, body + 2, topicEnd);
    if (tooLarge) return `PUBLISH with ${tooLarge}`;
    const topic = buffer.toString("utf8", body + 2, topicEnd);
    const fault =
      topicNameFault(topic) ?? reservedFault(topic) ?? utf8Fault(topic, buffer, body + 2, topicEnd);
    if (fault) return `PUBLISH ${JSON.stringify(topic.slice(0, 100))}: ${fault}`;
    const content = {
      topic,
      payload: buffer.subarray(payloadStart, end),
      qos: qos as QoS,
      retain: (firstByte & 1) === 1,
    };
    this.#context.counters.received[qos as QoS]++;
    if (qos === 0) {
      const message = new Message(content, firstByte === 0x30 ? reader.packet : undefined);
      if (session.allowance === undefined || this.#mayCome(message, session, reader))
        this.#unacknowledged(message, connection, session);
      return undefined;
    }
    if (session.allowance !== undefined) this.#throttle(connection, session, reader);
    const packetId = ((buffer[topicEnd] ?? 0) << 8) | (buffer[topicEnd + 1] ?? 0);
    if (packetId === 0) return "PUBLISH at QoS 1 or 2 without a packet identifier [MQTT-2.3.1-1]";
    if (qos === 1) this.#acknowledged(new Message(content), packetId, connection, session);
    else this.#acknowledgedTwice(new Message(content), packetId, connection, session);
    return undefined;
  }

  /** Whether a QoS 0 message is within the client's limits: nobody would send it again, so it does not wait. */
  #mayCome(message: Message, session: Session, { start, end }: PacketReader): boolean {
    const exhausted = session.allowance?.exhausted;
    if (exhausted === undefined) {
      session.allowance?.takeMessage(end - start);
      return true;
    }
    this.#refuse(session, message, exhausted);
    return false;
  }

  /** At QoS 1 and 2 the client waits, and its next messages with it. */
  #throttle(connection: Connection, session: Session, { start, end }: PacketReader): void {
    session.allowance?.takeMessage(end - start);
    this.#waitOut(connection, session);
  }

  #waitOut(connection: Connection, { allowance }: Session): void {
    const wait = allowance?.wait ?? 0;
    if (wait > 0) this.#context.throttle.hold(connection, wait);
  }

  /**
   * SUBSCRIBE and UNSUBSCRIBE are the engine's, which grants what was asked for: a QoS that is not to be granted is lowered before.
   * A fault, if there is one.
   */
  #filters(connection: Connection, session: Session, reader: PacketReader): string | undefined {
    const { topicLimits, permissions } = this.#context;
    const { buffer } = reader;
    const { rights, allowance } = session;
    let count = 0;
    for (const { start, end, qosAt } of filtersOf(reader)) {
      const tooLarge = topicLimits.fault(buffer, start, end);
      if (tooLarge) return `a subscription with ${tooLarge}`;
      count++;
      if (rights === undefined || qosAt === undefined) continue;
      const options = buffer.readUInt8(qosAt);
      const qos = options & 3;
      if (qos === 3) return undefined; // the engine refuses it [MQTT-3.8.3-4]
      const granted = permissions.granted(session, buffer.toString("utf8", start, end), qos as QoS);
      if (granted !== undefined) buffer.writeUInt8(options - qos + granted, qosAt);
    }
    if (allowance) {
      allowance.takeFilters(count);
      this.#waitOut(connection, session);
    }
    return undefined;
  }

  /** Has a message taken in. One that its client may not publish is acknowledged all the same, in its turn, and goes nowhere. */
  #take(message: Message, session: Session, settled: Settled, also?: readonly Change[]): boolean {
    const { intake } = this.#context;
    const { rights } = session;
    if (rights === undefined || rights.mayPublish(message.topic, message.qos, message.retain))
      return intake.take(message, session, settled, also);
    this.#refuse(session, message, "rights");
    return message.qos === 0 || intake.pass(message, session, settled);
  }

  #refuse(session: Session, message: Message, why: MessageRefusal): void {
    this.#context.onRefused(session, message, why);
  }

  #unacknowledged(message: Message, connection: Connection, session: Session): void {
    const go = () => this.#releaseUnlessBehind(connection, session);
    if (!this.#take(message, session, go)) this.#holdIfBehind(connection, session);
  }

  #acknowledged(message: Message, packetId: number, connection: Connection, session: Session): void {
    const settled = (error?: unknown) => {
      if (this.#stored(connection, session, error)) connection.answer(acknowledgement(PUBACK, packetId));
    };
    if (this.#take(message, session, settled)) connection.answer(acknowledgement(PUBACK, packetId));
    else this.#storing(connection, session);
  }

  /** QoS 2: a message whose identifier is known is not taken again [MQTT-4.3.3-2]. */
  #acknowledgedTwice(message: Message, packetId: number, connection: Connection, session: Session): void {
    const { incoming } = session;
    const answer = () => connection.answer(acknowledgement(PUBREC, packetId));
    const storing = incoming.get(packetId);
    // PUBREC must not go out before what it acknowledges is stored. Should that fail, this is the first that can be.
    if (storing) {
      this.#waitFor(storing, message, { packetId, connection, session });
      return;
    }
    if (incoming.has(packetId)) {
      answer();
      return;
    }
    const waiting: Settled[] = [];
    const settled = (error?: unknown) => {
      if (error) incoming.delete(packetId);
      else if (incoming.has(packetId)) incoming.set(packetId, undefined);
      if (this.#stored(connection, session, error)) answer();
      for (const other of waiting) other(error);
    };
    const taken = this.#take(message, session, settled, receivedChanges(session, packetId));
    incoming.set(packetId, taken ? undefined : waiting);
    if (taken) answer();
    else this.#storing(connection, session);
  }

  /** The message is being stored already. Should that fail, this is the first that can be. */
  #waitFor(storing: Settled[], message: Message, { packetId, connection, session }: Receipt): void {
    message.keep();
    const { length } = message.payload;
    session.pending++;
    session.pendingBytes += length;
    storing.push((error) => {
      session.pending--;
      session.pendingBytes -= length;
      if (error) this.#acknowledgedTwice(message, packetId, connection, session);
      else if (this.#stored(connection, session, error)) connection.answer(acknowledgement(PUBREC, packetId));
    });
    this.#storing(connection, session);
  }

  /** A message of the client's is being stored; `#stored` is to follow. */
  #storing(connection: Connection, session: Session): void {
    this.#context.patience.begin(connection);
    this.#holdIfBehind(connection, session);
  }

  /** Whether it was stored, so that it can be acknowledged. */
  #stored(connection: Connection, session: Session, error: unknown): boolean {
    if (error) {
      this.#failed(error, "storing a message; it was not acknowledged", connection, session);
      return false;
    }
    this.#progress(connection, session);
    return true;
  }

  #progress(connection: Connection, session: Session): void {
    this.#context.patience.progress(connection, session.pending + session.pendingAnswers > 0);
    this.#releaseUnlessBehind(connection, session);
  }

  #holdIfBehind(connection: Connection, { pending, pendingAnswers, pendingBytes }: Session): void {
    const few = pending + pendingAnswers < MOST_PENDING && pendingBytes < MOST_PENDING_BYTES;
    if (few && !this.#context.intake.behind) return;
    if (!connection.held) this.#context.counters.storeWaits++;
    connection.hold(Hold.store);
  }

  #releaseUnlessBehind(connection: Connection, { pending, pendingAnswers, pendingBytes }: Session): void {
    if (pending + pendingAnswers < MOST_PENDING / 2 && pendingBytes < MOST_PENDING_BYTES / 2)
      connection.release(Hold.store);
  }

  #acknowledgement(connection: Connection, session: Session, reader: PacketReader): string | undefined {
    const { buffer, body, end, firstByte, type } = reader;
    const flags = type === PacketType.pubrel ? 2 : 0; // [MQTT-3.6.1-1]
    if ((firstByte & 0x0f) !== flags) return "an acknowledgement with reserved flags set [MQTT-2.2.2-2]";
    if (end - body !== 2) return "a malformed acknowledgement: it must be four bytes long";
    const packetId = ((buffer[body] ?? 0) << 8) | (buffer[body + 1] ?? 0);
    if (type === PacketType.pubrec) this.#received(packetId, connection, session);
    else if (type === PacketType.pubrel) this.#released(packetId, connection, session);
    else session.acknowledged(packetId);
    return undefined;
  }

  /** PUBREC: answered with PUBREL, also when we know nothing of it, since the client cannot go on without. */
  #received(packetId: number, connection: Connection, session: Session): void {
    const answer = () => connection.answer(acknowledgement(PUBREL, packetId));
    const stored = session.receivedByClient(packetId);
    if (stored) this.#afterChange(stored, answer, connection, session);
    else answer();
  }

  /** PUBREL: on the disk before PUBCOMP, after which the client may use the identifier for another message. */
  #released(packetId: number, connection: Connection, session: Session): void {
    const answer = () => connection.answer(acknowledgement(PUBCOMP, packetId));
    const stored = session.forgetIncoming(packetId);
    if (stored) this.#afterChange(stored, answer, connection, session);
    else answer();
  }

  #afterChange(stored: Promise<void>, answer: () => void, connection: Connection, session: Session): void {
    session.pendingAnswers++;
    this.#storing(connection, session);
    const done = () => {
      session.pendingAnswers--;
      this.#progress(connection, session);
      answer();
    };
    const failed = (error: unknown) => {
      session.pendingAnswers--;
      this.#failed(error, "storing an acknowledgement", connection, session);
    };
    stored.then(done, failed);
  }

  #failed(error: unknown, doing: string, connection: Connection, session: Session): void {
    this.#context.onStoreFailure(error, doing, session.clientId);
    connection.abort("a message or an acknowledgement could not be stored");
  }
}

/** The identifier of an incoming QoS 2 message is stored with it [MQTT-4.3.3-2]. */
function receivedChanges({ kept, removed, clientId }: Session, packetId: number): Change[] {
  return kept && !removed ? [{ type: "add-incoming", clientId, packetId }] : [];
}

/** What is not UTF-8 decodes to U+FFFD, so a topic without that character was [MQTT-1.5.3-1]. */
function utf8Fault(topic: string, buffer: Buffer, start: number, end: number): string | undefined {
  if (!topic.includes("\ufffd") || isUtf8(buffer.subarray(start, end))) return undefined;
  return "the topic is not UTF-8 [MQTT-1.5.3-1]";
}
