import { randomUUID } from "node:crypto";
import type { Change } from "../storage/store.js";
import type { Counters } from "./counters.js";
import type { Intake, Publisher } from "./intake.js";
import { Message, type QoS } from "./message.js";
import { SESSION_PRESENT } from "./persistence.js";
import type { SessionOwner, Sessions } from "./sessions.js";
import { reservedFault, topicFilterFault, topicNameFault } from "./topics.js";

export type Done = (error?: Error | null) => void;

/** A refusal with the CONNACK return code that goes with it [MQTT-3.2.2-6]. */
export type Refusal = Error & { returnCode: number };

/** A message as the engine hands it over: a will, or its own news. */
export interface EnginePacket {
  readonly topic: string;
  readonly payload?: string | Buffer;
  readonly qos?: QoS;
  readonly retain?: boolean;
  /** Whose will it is, when its client was left behind by an earlier run. */
  readonly clientId?: string;
}

export interface EngineSubscription {
  topic: string;
  qos: QoS;
}

export interface HooksContext {
  readonly limits: { readonly maxSessions: number; readonly maxSubscriptions: number };
  readonly sessions: Sessions;
  readonly intake: Intake;
  /** What takes a client's will out of the store; nothing when it is not there. */
  takeWill(clientId: string): Change[];
  readonly counters: Counters;
  /** Messages of nobody's: the engine's own. */
  readonly internal: Publisher;
  /** CONNECT has come with this keep-alive, in seconds; the engine is told of none. */
  onKeepAlive(client: SessionOwner, seconds: number): void;
  /** A client is let in under this identifier. */
  onAccepted(clientId: string): void;
  onSubscriptionRefused(clientId: string): void;
  onStoreFailure(error: unknown, doing: string, client?: string): void;
}

/**
 * What the protocol engine asks on a client's way, in that order: who it is, what it may subscribe and publish to, and
 * what is to become of its messages.
 */
export class Hooks {
  readonly #context: HooksContext;
  /** CONNECT asked for a kept session and gave no identifier [MQTT-3.1.3-8]. */
  readonly #nameless = new WeakSet<object>();

  constructor(context: HooksContext) {
    this.#context = context;
  }

  preConnect(
    client: SessionOwner,
    packet: { clientId: string; clean?: boolean; keepalive?: number },
    done: (error: Error | null, ok: boolean) => void,
  ) {
    if (!packet.clientId && !packet.clean) this.#nameless.add(client);
    if (!packet.clientId) packet.clientId = `auto-${randomUUID()}`;
    this.#context.onKeepAlive(client, packet.keepalive ?? 0);
    packet.keepalive = 0;
    done(null, true);
  }

  authenticate(client: SessionOwner, done: (error: Refusal | null, ok: boolean | null) => void) {
    if (this.#nameless.has(client))
      return done(refusal(2, "an empty client identifier needs a clean session [MQTT-3.1.3-8]"), null);
    if (client.id.includes("\u0000")) return done(refusal(2, "the client identifier contains U+0000"), null);
    const { sessions, limits } = this.#context;
    if (!client.clean && !sessions.hasRoomFor(client.id, limits.maxSessions))
      return done(refusal(3, `mqtt.maxSessions (${limits.maxSessions}) is reached`), null);
    this.#context.onAccepted(client.id);
    done(null, true);
  }

  authorizeSubscribe(
    client: SessionOwner,
    subscription: EngineSubscription,
    done: (error: Error | null, subscription?: EngineSubscription | null) => void,
  ) {
    const { topic, qos } = subscription;
    if (topic === SESSION_PRESENT) return done(null, null);
    const fault = topicFilterFault(topic);
    if (fault) return done(new Error(`SUBSCRIBE ${JSON.stringify(topic.slice(0, 100))}: ${fault}`));
    const { sessions, limits, counters } = this.#context;
    const session = sessions.of(client);
    if (session.subscriptions.size >= limits.maxSubscriptions && !session.subscriptions.has(topic)) {
      counters.subscriptionsRefused++;
      this.#context.onSubscriptionRefused(client.id);
      return done(null, null); // SUBACK says failure [MQTT-3.9.3-2]
    }
    sessions.subscribe(session, topic, qos);
    done(null, subscription);
  }

  /** Asked for wills, when they are due. */
  authorizePublish(will: EnginePacket, done: Done) {
    const fault = topicNameFault(will.topic) ?? reservedFault(will.topic);
    done(fault ? new Error(`will to ${JSON.stringify(will.topic.slice(0, 100))}: ${fault}`) : null);
  }

  /** What the engine publishes. */
  publish(packet: EnginePacket, client: SessionOwner | null, done: Done): void {
    const session = client && this.#context.sessions.of(client);
    const { topic, payload, qos = 0, retain = false } = packet;
    const message = new Message({ topic, payload: asBuffer(payload), qos, retain });
    // All that the engine publishes for a client are wills. One is taken out of the store in the write that brings it to
    // those who keep it, so that a crash makes it neither vanish nor come twice.
    const owner = client?.id ?? packet.clientId;
    const also = owner === undefined ? [] : this.#context.takeWill(owner);
    if (packet.clientId !== undefined && also.length === 0) {
      process.nextTick(done); // published already
      return;
    }
    const taken = this.#context.intake.take(message, session ?? this.#context.internal, also);
    // Never at once: the engine must have left its own loop before it is told to go on.
    if (!taken) process.nextTick(done);
    taken?.then(
      () => done(),
      (error) => {
        this.#context.onStoreFailure(error, "storing a will", client?.id);
        done(new Error("a message could not be stored"));
      },
    );
  }
}

function refusal(returnCode: number, message: string): Refusal {
  return Object.assign(new Error(message), { returnCode });
}

function asBuffer(payload: string | Buffer | undefined): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(payload ?? "");
}
