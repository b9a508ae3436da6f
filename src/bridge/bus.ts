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
}

export interface Bus {
  /** Calls back synchronously, in publish order. Returns the function that ends the subscription. */
  subscribe(filter: string, listener: (message: BusMessage) => void): () => void;
  /** Resolves once the broker has taken the message (and stored what must survive); rejects with a plain-language reason. */
  publish(message: BusMessage): Promise<void>;
  /** Retained messages that match. */
  retained(filter: string): AsyncIterable<BusMessage>;
}
