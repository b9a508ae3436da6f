/** Limits and timing of sessions; times in ms, sizes in bytes. */
export interface GatewayOptions {
  readonly connectTimeout: number;
  /** 0 sends no pings. */
  readonly pingInterval: number;
  readonly pongTimeout: number;
  readonly maxSessions: number;
  readonly maxChannels: number;
  readonly maxFrameSize: number;
  readonly maxOutboxSize: number;
}
