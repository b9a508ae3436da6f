import { randomUUID } from "node:crypto";
import { anonymous } from "../access/anonymous.js";
import type { Gate } from "../access/gate.js";
import type { Counters } from "./counters.js";
import type { Credentials, Entrance, Newcomer, WillContent } from "./entrance.js";
import type { Intake, Publisher } from "./intake.js";
import { Message, type QoS } from "./message.js";
import type { Permissions } from "./permissions.js";
import { SESSION_PRESENT } from "./persistence.js";
import { Refusal } from "./refusal.js";
import type { SessionOwner, Sessions } from "./sessions.js";
import type { TopicLimits } from "./topic-limits.js";
import { reservedFault, topicFilterFault, topicNameFault } from "./topics.js";
import type { TakenWill, WillOrigin } from "./wills.js";

export type Done = (error?: Error | null) => void;

/** A message as the engine hands it over: a will, or its own news. */
export interface EnginePacket {
  readonly topic: string;
  readonly payload?: string | Buffer;
  readonly qos?: QoS;
  readonly retain?: boolean;
  /** Whose will it is and which run took it, when an earlier run left it behind. */
  readonly clientId?: string;
  readonly brokerId?: string;
}

/** What is read of a CONNECT, and changed in it. */
export interface ConnectPacket {
  clientId: string;
  readonly clean?: boolean | undefined;
  keepalive?: number | undefined;
  readonly will?: WillContent | undefined;
  readonly username?: string | undefined;
  readonly password?: unknown;
}

export interface EngineSubscription {
  topic: string;
  qos: QoS;
}

/** Who is let in, and what clients may do. */
export interface ClientAccess {
  readonly gate: Pick<Gate, "rightsOf">;
  readonly entrance: Pick<Entrance, "enter" | "claim">;
  readonly permissions: Pick<Permissions, "granted">;
  /** The client may not receive what the filter matches. */
  subscriptionDenied(client: SessionOwner, filter: string): void;
  /** The client may not publish its will any more. */
  willDenied(client: SessionOwner, topic: string): void;
}

export interface HooksContext {
  readonly limits: { readonly maxSessions: number; readonly maxSubscriptions: number };
  readonly access: ClientAccess;
  readonly topicLimits: TopicLimits;
  readonly sessions: Sessions;
  readonly intake: Intake;
  /** What takes the will of a client, or one that an earlier run left behind, out of the store. */
  takeWill(clientId: string, origin: WillOrigin): TakenWill | undefined;
  readonly counters: Counters;
  /** Messages of nobody's: the engine's own. */
  readonly internal: Publisher;
  /** CONNECT has come with this keep-alive, in seconds; the engine is told of none. */
  onConnect(client: SessionOwner, keepAlive: number): void;
  /** A client is let in. */
  onAccepted(client: SessionOwner): void;
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

  preConnect(client: Newcomer, packet: ConnectPacket, done: (error: Error | null, ok: boolean) => void) {
    const { will, username, password } = packet;
    const fault = will && (willFault(will.topic) ?? this.#context.topicLimits.faultOf(will.topic));
    if (fault) return done(new Error(`CONNECT with a ${fault}`), false);
    if (password !== undefined && username === undefined)
      return done(new Error("CONNECT with a password and no user name [MQTT-3.1.2-22]"), false);
    client.asked = { will };
    if (!packet.clientId && !packet.clean) this.#nameless.add(client);
    if (!packet.clientId) packet.clientId = `auto-${randomUUID()}`;
    this.#context.onConnect(client, packet.keepalive ?? 0);
    packet.keepalive = 0;
    done(null, true);
  }

  authenticate(
    client: Newcomer,
    credentials: Credentials,
    done: (error: Refusal | null, ok: boolean | null) => void,
  ) {
    if (this.#nameless.has(client))
      return done(new Refusal(2, "an empty client identifier needs a clean session [MQTT-3.1.3-8]"), null);
    if (client.id.includes("\u0000"))
      return done(new Refusal(2, "the client identifier contains U+0000"), null);
    const { sessions, limits, access } = this.#context;
    const { entrance } = access;
    entrance.enter(client, credentials, (refusal) => {
      if (refusal) return done(refusal, null);
      if (!client.clean && !sessions.hasRoomFor(client.id, limits.maxSessions))
        return done(new Refusal(3, `mqtt.maxSessions (${limits.maxSessions}) is reached`), null);
      entrance.claim(client);
      this.#context.onAccepted(client);
      done(null, true);
    });
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
    const { sessions, limits, counters, access } = this.#context;
    const session = sessions.of(client);
    const granted = access.permissions.granted(session, topic, qos);
    if (granted === undefined) {
      access.subscriptionDenied(client, topic);
      return done(null, null); // SUBACK says failure [MQTT-3.9.3-2]
    }
    if (session.subscriptions.size >= limits.maxSubscriptions && !session.subscriptions.has(topic)) {
      counters.subscriptionsRefused++;
      this.#context.onSubscriptionRefused(client.id);
      return done(null, null);
    }
    sessions.subscribe(session, topic, granted);
    done(null, subscription);
  }

  /** Asked for wills, when they are due. */
  authorizePublish(client: SessionOwner | null, will: EnginePacket, done: Done) {
    const fault = willFault(will.topic) ?? this.#willDenial(client, will);
    done(fault === undefined ? null : new Error(fault));
  }

  /** Rights may be others than at CONNECT. One that an earlier run left behind has been judged: `client` is not whose it was. */
  #willDenial(client: SessionOwner | null, { topic, qos = 0, retain = false, brokerId }: EnginePacket) {
    if (!client || brokerId !== undefined) return undefined;
    const { access } = this.#context;
    const rights = access.gate.rightsOf(client.principal ?? anonymous, client.id);
    if (rights === undefined || rights.mayPublish(topic, qos, retain)) return undefined;
    access.willDenied(client, topic);
    return "the client may not publish its will any more";
  }

  /** What the engine publishes. */
  publish(packet: EnginePacket, client: SessionOwner | null, done: Done): void {
    const session = client && this.#context.sessions.of(client);
    const { topic, payload, qos = 0, retain = false } = packet;
    const message = new Message({ topic, payload: asBuffer(payload), qos, retain });
    // A will is taken out of the store in the write that brings it to those who keep it, so that a crash makes it neither
    // vanish nor come twice.
    const will = this.#takeWill(packet, client);
    if (packet.clientId !== undefined && !will) {
      process.nextTick(done); // published already
      return;
    }
    const settled = (error?: unknown) => {
      if (!error) return done();
      will?.putBack();
      this.#context.onStoreFailure(error, "storing a will", client?.id ?? packet.clientId);
      done(new Error("a message could not be stored"));
    };
    const taken = this.#context.intake.take(
      message,
      session ?? this.#context.internal,
      settled,
      will?.changes,
    );
    // Never at once: the engine must have left its own loop before it is told to go on.
    if (taken) process.nextTick(done);
  }

  /** All that the engine publishes for a client are wills; those left behind name theirs. */
  #takeWill({ clientId, brokerId }: EnginePacket, client: SessionOwner | null): TakenWill | undefined {
    if (client) return this.#context.takeWill(client.id, { client });
    return clientId !== undefined && brokerId !== undefined
      ? this.#context.takeWill(clientId, { brokerId })
      : undefined;
  }
}

function willFault(topic: string): string | undefined {
  const fault = topicNameFault(topic) ?? reservedFault(topic);
  return fault && `will to ${JSON.stringify(topic.slice(0, 100))}: ${fault}`;
}

function asBuffer(payload: string | Buffer | undefined): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(payload ?? "");
}
