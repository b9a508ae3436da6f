import type { Envelope } from "../gateway/content.js";

/*
 * What the bridge needs of a broker.
 */

/** A message on the bus. It never changes: one object per publish, given to every listener it matches. */
export interface BusMessage {
  readonly topic: string;
  /** Valid while the listener runs: who keeps it longer copies it. */
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Who published it on the bus, if that was told there. It is not stored, and MQTT clients do not get it. */
  readonly origin?: string | undefined;
  /** The same for how it was wrapped. Clients of the broker get the payload alone. */
  readonly envelope?: Envelope | undefined;
}

/** Keeps what a listener must not lose. */
export interface BusRecorder {
  /**
   * Called synchronously, in publish order, when a message is taken in and before anything of it is stored. What it asks
   * the store for is written together with the message. It must not publish.
   *
   * False: there is nothing to record, and the listener gets the message at once. Otherwise the listener gets it when the
   * record is where the durability wants it, and messages in the order of their records; and only then is a publisher at
   * QoS 1 or 2 told that its message was taken. Other subscribers get a message at QoS 0 without waiting for that.
   */
  record(message: BusMessage): boolean;
  /**
   * A message at QoS 0 came while the store could not write and had much waiting (at QoS 1 and 2 it is refused and nobody gets
   * it), or the store was closed before it was written: there is no record of it, and the listener does not get it.
   */
  lost(message: BusMessage): void;
}

export interface Bus {
  /** Calls back synchronously, in publish order, unless it records. Returns the function that ends the subscription. */
  subscribe(filter: string, listener: (message: BusMessage) => void, recorder?: BusRecorder): () => void;
  /** Resolves once the broker has taken the message (and stored what must survive); rejects with a plain-language reason. */
  publish(message: BusMessage): Promise<void>;
  /**
   * Retained messages that match. Ends when every listener that was there before has been told, live, of those among them that were
   * published meanwhile.
   */
  retained(filter: string): AsyncIterable<BusMessage>;
}
