/** A client of a run. */
export interface Actor {
  join(): void;
  leave(): void;
  /** The network goes away. */
  cut(): void;
  stopReading(): void;
  /** Stops reading after the next message. */
  readOne(): void;
  read(): void;
  /** Whether it wants to be subscribed. */
  readonly joined: boolean;
  /** What keeps it from being right; undefined when nothing does. */
  readonly wrong: string | undefined;
  /** Connections that it made. */
  readonly connections: number;
  /** Times that it was told to have recovered everything. */
  readonly recoveries: number;
  /** Goes, and does not come back. */
  end(): void;
}

/** What a value's data says: its number; 0 for an empty payload. */
export function numberOf(data: unknown): number {
  return typeof data === "object" && data !== null ? (data as { n: number }).n : 0;
}
