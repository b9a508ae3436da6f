/*
 * Every code that a client of the channel protocol can see. docs/reference/codes.md is made from these tables, so a
 * code is added here and nowhere else. The numbers are those of the Centrifugal client protocol.
 */

/** A command was refused; the session goes on. */
export interface ErrorCode {
  readonly code: number;
  readonly message: string;
  /** Whether the same command may succeed later: client libraries try again by themselves. */
  readonly temporary: boolean;
  /** When it happens and what to do about it. */
  readonly meaning: string;
}

/** The server ended the session. The code is also the WebSocket close code, the reason the close reason. */
export interface DisconnectCode {
  readonly code: number;
  readonly reason: string;
  readonly meaning: string;
}

export const errors = {
  internal: {
    code: 100,
    message: "internal server error",
    temporary: true,
    meaning: "The server could not do it just now. Try again; the server's log has the cause.",
  },
  unknownChannel: {
    code: 102,
    message: "unknown channel",
    temporary: false,
    meaning:
      "No rule in `bridge.channels` makes a channel of this name. Check its spelling against the configuration.",
  },
  permissionDenied: {
    code: 103,
    message: "permission denied",
    temporary: false,
    meaning: "The channel exists and does not allow this, as publishing to a rule that has no `publish`.",
  },
  methodNotFound: {
    code: 104,
    message: "method not found",
    temporary: false,
    meaning: "The command holds no request that this server knows.",
  },
  alreadySubscribed: {
    code: 105,
    message: "already subscribed",
    temporary: false,
    meaning: "The session is subscribed to this channel already. Unsubscribe first.",
  },
  limitExceeded: {
    code: 106,
    message: "limit exceeded",
    temporary: false,
    meaning:
      "The session has `gateway.maxChannels` subscriptions. Unsubscribe from some or use a channel with a wildcard.",
  },
  badRequest: {
    code: 107,
    message: "bad request",
    temporary: false,
    meaning:
      "A field of the command is missing, has the wrong type or an impossible value; the message names it.",
  },
  notAvailable: {
    code: 108,
    message: "not available",
    temporary: false,
    meaning: "The protocol has this feature and this server or channel does not offer it.",
  },
  unrecoverablePosition: {
    code: 112,
    message: "unrecoverable position",
    temporary: false,
    meaning:
      "The client asked to go on from a position that the channel no longer has. Start over from the present state.",
  },
} as const satisfies Record<string, ErrorCode>;

export const disconnects = {
  closed: {
    code: 3000,
    reason: "connection closed",
    meaning: "The connection ended without a reason of the server's.",
  },
  shutdown: {
    code: 3001,
    reason: "shutdown",
    meaning: "The server is being stopped or restarted. Client libraries come back with a growing delay.",
  },
  serverError: {
    code: 3004,
    reason: "internal server error",
    meaning: "Something failed in the server while it served this session. The server's log has the cause.",
  },
  slow: {
    code: 3008,
    reason: "slow",
    meaning: "The client read too slowly: more than `gateway.maxOutboxSize` bytes were waiting for it.",
  },
  noPong: {
    code: 3012,
    reason: "no pong",
    meaning: "The client did not answer a ping within `gateway.pongTimeout`.",
  },
  badRequest: {
    code: 3501,
    reason: "bad request",
    meaning:
      "The client sent what is not the protocol: broken JSON, a command without an id, or a command before connect.",
  },
  stale: {
    code: 3502,
    reason: "stale",
    meaning: "The client sent no connect command within `gateway.connectTimeout`.",
  },
  connectionLimit: {
    code: 3504,
    reason: "connection limit",
    meaning: "The server has `gateway.maxSessions` sessions already.",
  },
  inappropriateProtocol: {
    code: 3506,
    reason: "inappropriate protocol",
    meaning:
      "The client asked for the protobuf encoding. Use the JSON one, which is every client library's default.",
  },
} as const satisfies Record<string, DisconnectCode>;

/** Whether a client comes back after this code: the ranges are the protocol's. */
export function reconnects(code: number): boolean {
  return !((code >= 3500 && code < 4000) || (code >= 4500 && code < 5000));
}
