import type { CompressionOptions } from "./compression.js";

/** Limits and timing of sessions; times in ms, sizes in bytes. */
export interface GatewayOptions {
  readonly connectTimeout: number;
  /** 0 sends no pings. */
  readonly pingInterval: number;
  readonly pongTimeout: number;
  /** How long a client may stay after its token has ended. */
  readonly expiryGrace: number;
  readonly maxSessions: number;
  readonly maxChannels: number;
  readonly maxFrameSize: number;
  readonly maxOutboxSize: number;
  /** Of WebSocket messages; none when it is left out. */
  readonly compression?: CompressionOptions | undefined;
  /** How long something may wait for a client to take it. */
  readonly maxOutboxAge: number;
  /** What one session may hold back. */
  readonly maxHeldTopics: number;
  readonly maxHeldSize: number;
}
