import type { IncomingMessage } from "node:http";
import { Aedes, type AedesOptions, type Client } from "aedes";
import type { Principal } from "../access/principal.js";
import type { Connection } from "./connection.js";
import { EngineStream } from "./engine-stream.js";
import type { Done, EnginePacket } from "./hooks.js";
import type { Session } from "./session.js";
import { type EngineParser, SharedParser } from "./shared-parser.js";

/** The engine's client, with the parts that its types leave out and that test/contract pins. */
export interface EngineClient extends Omit<Client, "conn" | "emit"> {
  readonly conn: EngineStream;
  will: object | null;
  /** Ours: the session that this client was let into. */
  session?: Session;
  /** Ours: who it is. */
  principal?: Principal;
  _authorized: boolean;
  deliver0: unknown;
  deliverQoS: unknown;
  duplicates: object;
  readonly connDetails: unknown;
  emit(event: "error", error: Error): boolean;
  _nextBatch(): void;
  _parser: EngineParser;
  _eos(): void;
  _inboundInflight: Set<unknown>;
  _pendingDrains: readonly unknown[];
}

export interface EngineParts {
  readonly options: AedesOptions;
  /** Whether the identifier is still the client's, when what CONNECT had to wait for is done. */
  readonly isOwn?: (client: EngineClient) => boolean;
  /** Takes what the engine publishes: wills and its own news. */
  readonly publish: (packet: EnginePacket, client: EngineClient | null, done: Done) => void;
}

const NOTHING_IN_FLIGHT: Set<unknown> = new Set();
const NO_DRAINS: readonly unknown[] = Object.freeze([]);
const NO_DUPLICATES = Object.freeze({});
const nothing = (): void => undefined;
/** What Aedes has of it, which its types leave out. */
const { registerClient } = Aedes.prototype as unknown as {
  registerClient(this: object, client: EngineClient): void;
};

/**
 * Aedes, as far as we use it: CONNECT, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT and wills. Publishing is replaced and routing taken
 * out; subscriptions go to our router in the hooks.
 */
export class Engine extends Aedes {
  readonly #publish: EngineParts["publish"];
  readonly #isOwn: EngineParts["isOwn"];
  #parser: SharedParser | undefined;

  constructor({ options, publish, isOwn }: EngineParts) {
    super(options);
    this.#publish = publish;
    this.#isOwn = isOwn;
  }

  /** Makes the engine's client for a connection; feed it through the stream in `conn`. */
  accept(connection: Connection, request: IncomingMessage | undefined): EngineClient {
    const stream = new EngineStream(connection);
    const client = this.handle(stream as never, request as never) as unknown as EngineClient;
    // Each would be a closure or a collection of its own per client, which we never let it use.
    client.deliver0 = nothing;
    client.deliverQoS = nothing;
    client.duplicates = NO_DUPLICATES;
    client._inboundInflight = NOTHING_IN_FLIGHT;
    client._pendingDrains = NO_DRAINS;
    client._eos = nothing;
    return client;
  }

  /** The client is let in: its parser, which CONNECT went through, is replaced by one that all share. */
  shareParser(client: EngineClient): void {
    // Bridges of other brokers have flags of their own in SUBSCRIBE.
    if (client._parser.settings.bridgeMode) return;
    this.#parser ??= new SharedParser(client._parser.listeners("packet")[0] as never);
    client._parser = this.#parser;
  }

  /** Called by CONNECT: closes who is connected under the identifier [MQTT-3.1.4-2]. */
  registerClient(client: EngineClient): void {
    if (this.#isOwn?.(client) ?? true) {
      registerClient.call(this, client);
      return;
    }
    client._authorized = false; // or closing it would take the other client off the engine's list
    client.close();
  }

  override publish(packet: unknown, client?: unknown, done?: unknown): void {
    const callback = (typeof client === "function" ? client : done) as Done | undefined;
    const from = typeof client === "function" ? null : (client as EngineClient | null);
    this.#publish(packet as EnginePacket, from, callback ?? (() => undefined));
  }

  override subscribe(_filter: string, _deliver: unknown, done?: () => void): void {
    done?.();
  }

  override unsubscribe(_filter: string, _deliver: unknown, done?: () => void): void {
    done?.();
  }
}
