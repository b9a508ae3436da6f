/** What a fleet has done so far. `published` = `acknowledged` + `failed` + `inflight`. */
export interface Tally {
  /** Messages handed to the client. */
  published: number;
  /** QoS 1 and 2: acknowledged by the broker. QoS 0: written to the socket. */
  acknowledged: number;
  /** Handed over, and lost with their connection. */
  failed: number;
  inflight: number;
  /** Answers to commands that found the window full, and were not sent. */
  dropped: number;
  /** Measurements not made because the device had no connection. */
  skipped: number;
  commands: number;
  reconnects: number;
  /** Errors of connections: refused, reset, timed out. */
  errors: number;
}

export const newTally = (): Tally => ({
  published: 0,
  acknowledged: 0,
  failed: 0,
  inflight: 0,
  dropped: 0,
  skipped: 0,
  commands: 0,
  reconnects: 0,
  errors: 0,
});
