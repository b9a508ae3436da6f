/** What a publication carries. `data` is JSON text on a single line: it is spliced into frames as it stands. */
export interface Content {
  readonly topic: string;
  readonly data: string;
  /** `base64` when `data` is a string that holds bytes which are not UTF-8. */
  readonly encoding: "base64" | undefined;
  /** When the server got it, in ms since 1970; unknown for a value that was retained before. */
  readonly time: number | undefined;
  /** The session that published it, when one did. */
  readonly origin: string | undefined;
  /** How it was wrapped, when it came from a bare WebSocket. */
  readonly envelope: Envelope | undefined;
  /** About how much memory it takes once it is kept. */
  readonly bytes: number;
  /** To be called before it outlives the turn that it came in. */
  keep(): void;
}

/** What a bare WebSocket said beside the data. Other bare WebSockets are told; MQTT carries the data alone. */
export interface Envelope {
  readonly event: string;
  /** The inside of a JSON object; may be empty. */
  readonly meta: string;
}
