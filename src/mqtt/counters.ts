import type { DenialKind } from "../access/denied.js";

/** Why a CONNECT is not accepted: who decides said no, the identifier is another user's, or the will may not be published. */
export type RefusalKind = DenialKind | "identifier" | "will";

/** What the broker has counted since its start. Read by the metrics; every drop has its reason here. */
export class Counters {
  connectionsAccepted = 0;
  /** Connections refused because `mqtt.maxConnections` was reached. */
  connectionsRefused = 0;
  /** Connections ended by the broker for what the client did. */
  protocolErrors = 0;
  /** Bytes of connections that are closed; open ones count their own. */
  bytesReceived = 0;
  bytesSent = 0;
  /** Messages from clients, by QoS. */
  readonly received: [number, number, number] = [0, 0, 0];
  /** Messages to clients, by the QoS of the delivery. */
  readonly delivered: [number, number, number] = [0, 0, 0];
  readonly dropped = {
    /** QoS 0 to a client that reads too slowly. */
    slowClient: 0,
    /** The oldest message of a clean session whose queue in memory was full, or the one that came. */
    queueFull: 0,
    /** The oldest message of a kept session whose stored queue was full, or the one that came. */
    storedQueueFull: 0,
    /** It had waited for longer than messages.expiry. */
    expired: 0,
    /** It was in the store and cannot be read. */
    damaged: 0,
  };
  /** Connections closed because their clients read nothing for mqtt.drainTimeout. */
  drainTimeouts = 0;
  /** Times that a client was made to wait because what it had published was still being stored. */
  storeWaits = 0;
  /** Subscriptions refused because the client had mqtt.maxSubscriptions of them. */
  subscriptionsRefused = 0;
  /** CONNECTs that were not accepted, by reason. */
  readonly refused: Record<RefusalKind, number> = {
    credentials: 0,
    expired: 0,
    forbidden: 0,
    unavailable: 0,
    backoff: 0,
    identifier: 0,
    will: 0,
  };
  /** Messages of clients that were not taken, by reason. */
  readonly refusedMessages = {
    /** The client may not publish them. */
    rights: 0,
    /** QoS 0 over limits.messageRate, or limits.byteRate. */
    messageRate: 0,
    byteRate: 0,
  };
  /** Subscriptions refused because the client may not receive what the filter matches. */
  subscriptionsDenied = 0;
  /** Subscriptions of sessions taken away because rights are others now. */
  subscriptionsRevoked = 0;
  /** Deliveries that were not made because the client may not receive the topic. */
  withheld = 0;
  /** Wills that were not published because their owners may not publish them any more. */
  willsDenied = 0;
  /** Connections closed because what had let them in ended or was taken back. */
  readonly accessEnded = { expired: 0, revoked: 0 };
  /** Messages refused because they could not be stored. */
  storeFailures = 0;
  /** Messages that were not retained, since mqtt.maxRetained was reached. */
  retainedRefused = 0;
  /** QoS 0 messages that were not recorded for a listener, since the store could not write. */
  recordingsLost = 0;
  /** Kept sessions removed because their clients stayed away longer than sessions.expiry. */
  sessionsExpired = 0;
  /** Retained messages removed after messages.expiry. */
  retainedExpired = 0;
}
