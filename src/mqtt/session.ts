import type { Principal } from "../access/principal.js";
import type { Rights } from "../access/rights.js";
import type { Allowance } from "./allowance.js";
import type { Guard } from "./away-rights.js";
import type { Connection } from "./connection.js";
import type { Counters } from "./counters.js";
import { type Message, pubrelPacket, type QoS } from "./message.js";
import type { SlowReason } from "./slow-clients.js";
import { topicMatches } from "./topics.js";

/** Whoever is subscribed in the router: a client's session or a listener inside the process. */
export interface Subscriber {
  /** Takes a message at the QoS of the delivery. Never waits and never throws. */
  deliver(message: Message, qos: QoS, sequence?: number): void;
}

/** Told once what became of a message that had to be stored: with its subscribers, or refused with an error. */
export type Settled = (error?: unknown) => void;

export interface SessionLimits {
  /** QoS 1 and 2 messages sent and not yet acknowledged. */
  readonly maxInflight: number;
  /** QoS 1 and 2 messages waiting. */
  readonly maxQueuedMessages: number;
  /** Bytes of them, in memory and in the store. */
  readonly maxQueuedSize: number;
  readonly maxStoredSize: number;
  /** What gives way when the stored queue of a kept session is full. */
  readonly whenFull: "drop-oldest" | "refuse-newest";
}

export interface SessionContext {
  readonly limits: SessionLimits;
  readonly counters: Counters;
  /** A message of this session was dropped for the reason. */
  onDrop(clientId: string, reason: SlowReason): void;
}

/** A QoS 1 or 2 message that the client has been sent. */
export interface Inflight {
  /** Its place in the stored queue, for a session that is kept. */
  readonly sequence?: number;
  /** PUBREC has come: what is owed now is PUBREL [MQTT-4.3.3-1]. */
  readonly released: boolean;
}

/** All there is to know of a message in flight that is stored nowhere. */
const SENT: Inflight = { released: false };
const RELEASED: Inflight = { released: true };

/** How one client is sent one message. */
export interface Transmission {
  readonly qos: 1 | 2;
  readonly packetId: number;
  /** It may have been sent before [MQTT-3.3.1-1]. */
  readonly dup: boolean;
  /** It was retained before the client subscribed [MQTT-3.3.1-8]; never set on a live message [MQTT-3.3.1-9]. */
  readonly retain: boolean;
  readonly sequence?: number;
}

/**
 * What the broker knows of one client identifier: its subscriptions and what is on its way to and from it. How
 * messages wait differs between a session that ends with its connection and one that is kept.
 */
export abstract class Session implements Subscriber {
  readonly clientId: string;
  /** The session has been ended for good while its client is still connected. */
  removed = false;
  /** Who its client is, or was in this run. */
  principal: Principal | undefined;
  /** What its client may do; undefined while that is everything. */
  rights: Rights | undefined;
  /**
   * Set while each message has to be asked for: a filter is broader than what may be received, or messages may be on the way that
   * came by earlier rights.
   */
  guard: Guard | undefined;
  /** The guard stays for longer than what is on the way now. */
  guarded = false;
  /** What its client may send now; undefined without limits. */
  allowance: Allowance | undefined;
  /** Messages of this client that are being stored; later ones must not overtake them [MQTT-4.6.0-6]. */
  pending = 0;
  pendingBytes = 0;
  /** Acknowledgements of this client that are being stored. */
  pendingAnswers = 0;
  protected readonly context: SessionContext;
  protected connection: Connection | undefined;
  // Most clients only publish or only listen, so collections are made when they are first needed.
  #subscriptions: Map<string, QoS> | undefined;
  #incoming: Map<number, Settled[] | undefined> | undefined;
  #inflight: Map<number, Inflight> | undefined;
  /** Goes on with retained messages, whose delivery is paced by the client. */
  #onRoom: (() => void) | undefined;

  constructor(clientId: string, context: SessionContext) {
    this.clientId = clientId;
    this.context = context;
  }

  abstract readonly kept: boolean;
  /** Whether anything that is delivered to it can still reach its client. */
  abstract readonly reachable: boolean;
  /** QoS 1 and 2 messages that have not been sent. */
  abstract readonly waiting: number;

  protected abstract deliverReliably(message: Message, qos: 1 | 2, sequence: number | undefined): void;
  /** Takes a QoS 1 or 2 message that only this session gets. */
  protected abstract enqueueRetained(message: Message, qos: 1 | 2): void;
  /** Sends what waits, as far as the window and the connection allow. */
  protected abstract advance(): void;
  protected abstract acknowledge(inflight: Inflight, packetId: number): void;
  /** Resolves once a crash would not bring the message's PUBLISH back. */
  protected abstract release(inflight: Inflight): Promise<void> | undefined;

  /** Topic filters, with the QoS granted. */
  get subscriptions(): Map<string, QoS> {
    this.#subscriptions ??= new Map();
    return this.#subscriptions;
  }

  /**
   * Packet identifiers of QoS 2 messages received and not yet released [MQTT-4.3.3-2]. While the message is being stored, with
   * those who wait for that, apart from the first.
   */
  get incoming(): Map<number, Settled[] | undefined> {
    this.#incoming ??= new Map();
    return this.#incoming;
  }

  protected get inflight(): Map<number, Inflight> {
    this.#inflight ??= new Map();
    return this.#inflight;
  }

  get inflightCount(): number {
    return this.#inflight?.size ?? 0;
  }

  /** Whether its client may be sent the message. */
  permits(message: Message): boolean {
    return this.permittedQos(message, 0) !== undefined;
  }

  /** The QoS at which its client may be sent a message that its filters want at `qos`; undefined when it may not be. */
  permittedQos({ topic }: Message, qos: QoS): QoS | undefined {
    if (this.guard === undefined) return qos;
    const most = this.guard.receiveQos(topic);
    if (most !== undefined) return Math.min(qos, most) as QoS;
    this.context.counters.withheld++;
    return undefined;
  }

  /** Starts sending to a connection whose CONNACK is out. */
  attach(connection: Connection): void {
    this.connection = connection;
    this.advance();
  }

  /** The session was removed, while its client may still be connected. */
  remove(): void {
    this.removed = true;
    this.connection = undefined;
    this.#wakeRetained();
  }

  /** The connection has room again. */
  drained(connection: Connection): void {
    if (this.connection === connection) this.#moreRoom();
  }

  detach(connection: Connection): void {
    if (this.connection !== connection) return;
    this.connection = undefined;
    this.#wakeRetained();
  }

  deliver(message: Message, qos: QoS, sequence?: number): void {
    if (qos > 0) this.deliverReliably(message, qos as 1 | 2, sequence);
    else if (this.connection) this.deliverOnce(message, this.connection);
  }

  /**
   * Delivers a message that was retained before the subscription; resolves when the next one may come. `subscribed` is the
   * connection that asked for it: at QoS 0 nothing outlasts that.
   */
  async deliverRetained(message: Message, subscribed: Connection | undefined): Promise<void> {
    await this.#paced();
    const qos = this.permittedQos(message, Math.min(message.qos, this.#granted(message.topic)) as QoS);
    if (qos === undefined) return;
    if (qos > 0) {
      this.enqueueRetained(message, qos as 1 | 2);
      return;
    }
    if (!this.connection || this.connection !== subscribed) return;
    this.context.counters.delivered[0]++;
    this.connection.send(message.packet(true));
  }

  /** PUBACK or PUBCOMP from the client. An unknown identifier is ignored. */
  acknowledged(packetId: number): void {
    const inflight = this.inflight.get(packetId);
    if (!inflight) return;
    this.inflight.delete(packetId);
    this.acknowledge(inflight, packetId);
    this.#moreRoom();
  }

  /** PUBREC from the client. PUBREL may be sent at once, or when the promise resolves. */
  receivedByClient(packetId: number): Promise<void> | undefined {
    const inflight = this.inflight.get(packetId);
    if (!inflight || inflight.released) return undefined;
    const { sequence } = inflight;
    this.inflight.set(packetId, sequence === undefined ? RELEASED : { sequence, released: true });
    return this.release(inflight);
  }

  /** Nothing received is awaited to be released any more. */
  clearIncoming(): void {
    this.#incoming?.clear();
  }

  /** Takes all subscriptions away; gives their filters. */
  clearSubscriptions(): readonly string[] {
    const filters = [...(this.#subscriptions?.keys() ?? [])];
    this.#subscriptions = undefined;
    return filters;
  }

  /** PUBREL from the client. PUBCOMP may be sent at once, or when the promise resolves. */
  forgetIncoming(packetId: number): Promise<void> | undefined {
    this.incoming.delete(packetId);
    return undefined;
  }

  /** Whether one more QoS 1 or 2 message may be sent now. */
  protected get room(): boolean {
    return (
      this.connection !== undefined &&
      this.inflightCount < this.context.limits.maxInflight &&
      !this.connection.congested
    );
  }

  protected transmit(message: Message, how: Transmission): void {
    const { qos, packetId, sequence } = how;
    this.inflight.set(packetId, sequence === undefined ? SENT : { sequence, released: false });
    this.context.counters.delivered[qos]++;
    for (const part of message.parts(qos, packetId, how.dup, how.retain)) this.connection?.send(part);
  }

  protected deliverOnce(message: Message, connection: Connection): void {
    if (this.guard !== undefined && !this.permits(message)) return;
    if (connection.congested) {
      this.context.counters.dropped.slowClient++;
      this.context.onDrop(this.clientId, "slowClient");
      return;
    }
    this.context.counters.delivered[0]++;
    if (connection.slow) message.keep();
    connection.send(message.packet());
  }

  protected transmitPubrel(packetId: number, sequence: number): void {
    this.inflight.set(packetId, { sequence, released: true });
    this.connection?.send(pubrelPacket(packetId));
  }

  #granted(topic: string): QoS {
    let highest: QoS = 0;
    for (const [filter, qos] of this.subscriptions)
      if (qos > highest && topicMatches(filter, topic)) highest = qos;
    return highest;
  }

  #moreRoom(): void {
    this.advance();
    this.#wakeRetained();
  }

  /** Resolves when a client that is connected has room for one more retained message. */
  async #paced(): Promise<void> {
    while (this.connection && (this.waiting >= this.context.limits.maxInflight || this.connection.congested))
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
  }

  #wakeRetained(): void {
    this.#onRoom?.();
    this.#onRoom = undefined;
  }
}
