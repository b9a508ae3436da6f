import type { EventEmitter } from "node:events";
import { parser as createParser } from "mqtt-packet";

/** A parser as the engine's clients have it. */
export interface EngineParser {
  parse(bytes: Buffer): number;
  /** Whose bytes it is given. */
  client: unknown;
  /** The client's CONNECT, once that was parsed. */
  readonly settings: { readonly bridgeMode?: boolean };
  /** The engine's, for packets that come before CONNACK. */
  _queue: readonly unknown[] | null;
  listeners(event: "packet"): unknown[];
  removeAllListeners(event?: string): unknown;
}

interface Erring {
  emit(event: "error", error: Error): boolean;
}

/**
 * One parser for all of the engine's clients that are let in: it is given whole packets, so nothing stays in it between
 * two of them, and a parser of one's own would be a tenth of what an idle client costs.
 */
export class SharedParser implements EngineParser {
  client: unknown;
  readonly settings = {};
  _queue = null;
  readonly #takePacket: (this: EngineParser, packet: object) => void;
  #parser = this.#create();

  /** `takePacket` is what the engine has its parsers call; it finds the client in `this`. */
  constructor(takePacket: (this: EngineParser, packet: object) => void) {
    this.#takePacket = takePacket;
  }

  parse(bytes: Buffer): number {
    return this.#parser.parse(bytes);
  }

  /** Nobody but us listens. */
  listeners(): unknown[] {
    return [];
  }

  /** A client that is closed clears its parser; this one is still the others'. */
  removeAllListeners(): this {
    return this;
  }

  #create() {
    const parser = createParser() as unknown as EventEmitter & { parse(bytes: Buffer): number };
    parser.on("packet", (packet: object) => this.#takePacket(packet));
    parser.on("error", (error: Error) => {
      this.#parser = this.#create(); // what is left of the bad packet goes with the old one
      (this.client as Erring).emit("error", error);
    });
    return parser;
  }
}
