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

/** The server ended a subscription. */
export interface UnsubscribeCode {
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
  unauthorized: {
    code: 101,
    message: "unauthorized",
    temporary: false,
    meaning: "The subscription token is not valid for this. The server's log has the reason.",
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
    meaning:
      "The channel exists and does not allow this: the client has no right to it, its rule has no `publish`, or its rule asks for a token.",
  },
  methodNotFound: {
    code: 104,
    message: "method not found",
    temporary: false,
    meaning: "The command holds no request that this server knows, or its `rpc` no method.",
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
      "The session has `gateway.maxChannels` subscriptions: unsubscribe from some or use a channel with a wildcard. Or more than 10,000 clients are in the channel whose presence was asked for: ask for `presence_stats`.",
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
    meaning:
      "The protocol has this feature and this server or channel does not offer it; or, in answer to a request, the device did not answer in time.",
  },
  tokenExpired: {
    code: 109,
    message: "token expired",
    temporary: false,
    meaning:
      "The token has ended; or, in answer to connect, there is none, and clients without credentials are not let in. Client libraries get another one and try again, and stay away when they have no way to get one.",
  },
  expired: {
    code: 110,
    message: "expired",
    temporary: false,
    meaning:
      "Not sent: of what has ended in time this server tells by 109, and by the codes 2501 and 3005 below.",
  },
  tooManyRequests: {
    code: 111,
    message: "too many requests",
    temporary: true,
    meaning:
      "The session publishes more than `limits.messageRate` or `limits.byteRate` lets it, or subscribes more often than `limits.subscribeRate`; or as many requests wait for their answers as may, of the channel (`request.maxPending`) or of the session; or, in answer to connect, too many attempts have failed of late. Try again later.",
  },
  unrecoverablePosition: {
    code: 112,
    message: "unrecoverable position",
    temporary: false,
    meaning:
      "The client asked to go on from a position that the channel no longer has. Start over from the present state.",
  },
} as const satisfies Record<string, ErrorCode>;

/** Below 2500 the subscription is over; from 2500 on client libraries subscribe again by themselves. */
export const unsubscribes = {
  byServer: {
    code: 2000,
    reason: "unsubscribed by the server",
    meaning: "The operator, or a program of theirs, ended the subscription.",
  },
  permissionLost: {
    code: 2001,
    reason: "permission lost",
    meaning: "Rights have changed, and the client may not subscribe to the channel any more.",
  },
  insufficientState: {
    code: 2500,
    reason: "insufficient state",
    meaning:
      "The server no longer has what the client was still to get, since it read too slowly or the history was given up. It subscribes again and is told that not everything was recovered; of a map it gets all that has changed.",
  },
  expired: {
    code: 2501,
    reason: "subscription expired",
    meaning:
      "The subscription's token has ended and no newer one came. The client subscribes again with another.",
  },
  stateInvalidated: {
    code: 2502,
    reason: "state invalidated",
    meaning:
      "Rights have changed, and other topics of the channel are shown from now on. The client subscribes again and begins anew from the present state.",
  },
} as const satisfies Record<string, UnsubscribeCode>;

/** Whether a client subscribes again after this code: the ranges are the protocol's. */
export function resubscribes(code: number): boolean {
  return code >= 2500;
}

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
  expired: {
    code: 3005,
    reason: "connection expired",
    meaning:
      "The connection's token has ended and no newer one came in time. Client libraries come back with another.",
  },
  slow: {
    code: 3008,
    reason: "slow",
    meaning:
      "The client read too slowly: more than `gateway.maxOutboxSize` bytes were waiting for it, or something for longer than `gateway.maxOutboxAge`.",
  },
  insufficientState: {
    code: 3010,
    reason: "insufficient state",
    meaning:
      "As the unsubscribe code 2500, for a subscription that the server began: client libraries renew those only by coming back.",
  },
  forceReconnect: {
    code: 3011,
    reason: "force reconnect",
    meaning: "The operator, or a program of theirs, ended the session; the client may come back at once.",
  },
  noPong: {
    code: 3012,
    reason: "no pong",
    meaning:
      "The client did not answer a ping within `gateway.pongTimeout`, and was not reading on what stood before it.",
  },
  stateInvalidated: {
    code: 3014,
    reason: "state invalidated",
    meaning:
      "What the client was let in by counts no more: its account, key or certificate was removed. Client libraries get another token, where they have a way to, and come back.",
  },
  invalidToken: {
    code: 3500,
    reason: "invalid token",
    meaning: "The token of the connect command is not valid. The server's log has the reason.",
  },
  badRequest: {
    code: 3501,
    reason: "bad request",
    meaning:
      "The client sent what is not the protocol: broken JSON or Protobuf, a command without an id, a command before connect or too many before its answer, or a second connect.",
  },
  stale: {
    code: 3502,
    reason: "stale",
    meaning: "The client sent no connect command within `gateway.connectTimeout`.",
  },
  forceNoReconnect: {
    code: 3503,
    reason: "force disconnect",
    meaning: "The operator, or a program of theirs, ended the session for good.",
  },
  connectionLimit: {
    code: 3504,
    reason: "connection limit",
    meaning:
      "The server has `gateway.maxSessions` sessions already. Over HTTP-stream and SSE the request is refused with status 503 instead, and so is an upgrade when many are being turned away.",
  },
  permissionDenied: {
    code: 3507,
    reason: "permission denied",
    meaning:
      "The credentials are good and do not let in here; or, on a plain WebSocket, rights have changed and the channel may not be subscribed to any more.",
  },
} as const satisfies Record<string, DisconnectCode>;

/** Whether a client comes back after this code: the ranges are the protocol's. */
export function reconnects(code: number): boolean {
  return !((code >= 3500 && code < 4000) || (code >= 4500 && code < 5000));
}
