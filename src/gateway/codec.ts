import type { Batch } from "../outbox/batch.js";
import type { Fault } from "./fault.js";

/** One command as a client sent it. */
export interface Line {
  /** JSON. */
  readonly text: string;
  /** Why it cannot be served, where its encoding alone tells; the text has its id then. */
  readonly fault?: Fault;
}

/** What the messages of a session of the channel protocol look like. Sessions themselves know JSON only. */
export interface Codec {
  /** Whether its messages are binary ones. */
  readonly binary: boolean;
  /** The commands in a message of the client. @throws {NotACommand} at the first that is not the protocol. */
  decode(message: Buffer | string): Iterable<Line>;
  /** One message of all that waits for the client. */
  join(batch: Batch): Buffer;
}
