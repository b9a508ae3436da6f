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
