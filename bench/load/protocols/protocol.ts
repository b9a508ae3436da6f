import type { Client } from "../clients/client.js";

export type QoS = 0 | 1 | 2;

/** A message as a publisher writes it. */
export interface Publication {
  readonly bytes: Buffer;
  /** Where its packet identifier is, when it has one. */
  readonly idAt?: number;
}

/** What a client says in the name of a protocol, and how what it hears is cut into messages. */
export interface Protocol {
  /** Of its WebSocket messages. */
  readonly opcode: "text" | "binary";
  readonly subprotocol?: string;
  /**
   * Bytes of the whole message that a stream begins with; infinite when that cannot be told yet. Without it a message is
   * a line, or the rest, of a WebSocket message.
   */
  readonly messageSize?: (bytes: Buffer) => number;
  /** What a server asks now and then, and what it wants to hear. */
  readonly ping?: { readonly question: string; readonly answer: string };
  /** The server asks once soon after a client has come in, whatever else goes on. */
  readonly pingsFirst?: boolean;
  /** Each publication has an answer, for which nobody waits. */
  readonly answers?: boolean;
  connect(client: Client, name: string, kept: boolean): Promise<void>;
  /** Resolves when the server has confirmed the subscriptions, where the protocol has it do so. */
  subscribe(client: Client, filters: readonly string[], qos: QoS): Promise<void>;
  publication(topic: string, payload: Buffer, qos: QoS): Publication;
}
