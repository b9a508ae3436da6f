export interface TlsCounters {
  /** Handshakes that were not completed. */
  failed: number;
  /** Clients whose certificate does not count. */
  refused: number;
}
