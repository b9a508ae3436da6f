import { randomBytes } from "node:crypto";
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TlsOptions,
} from "node:tls";
import type { Authorities } from "./authorities.js";
import { ServerNames } from "./server-names.js";
import type { WatchedPair } from "./watched-pair.js";

export interface ListenerContextsOptions {
  /** For those who ask for no name that there is a certificate of its own for. */
  readonly pair: WatchedPair;
  readonly names: readonly (readonly [name: string, pair: WatchedPair])[];
  readonly authorities: Authorities | undefined;
}

/** The contexts of TLS of one listener: the newest, for every handshake that begins. */
export class ListenerContexts {
  readonly #options: ListenerContextsOptions;
  readonly #names: ServerNames<WatchedPair>;
  /** Made when somebody asks for the name. */
  readonly #contexts = new Map<WatchedPair, SecureContext>();
  readonly #servers = new Set<Server>();
  /** Sessions of TLS are resumed within one of these only. */
  #generation = newGeneration();

  constructor(options: ListenerContextsOptions) {
    this.#options = options;
    this.#names = new ServerNames(options.names);
  }

  /** For making a server, which is then to be attached. */
  get serverOptions(): TlsOptions {
    const { pair, authorities } = this.#options;
    return {
      ...this.#contextOptions(pair),
      requestCert: authorities !== undefined,
      // One that is not verified is looked at where peers are told, since it must not count where none is needed.
      rejectUnauthorized: authorities?.files.required ?? false,
      SNICallback: (name, callback) => this.#answer(name, callback),
    };
  }

  attach(server: Server): void {
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
  }

  /**
   * Certificates, authorities or revocations are others from now on. No session that was begun under the old ones is resumed: new
   * contexts have new keys for its tickets, and a client that was revoked would come back by its ticket.
   */
  renew(): void {
    this.#generation = newGeneration();
    this.#contexts.clear();
    for (const server of this.#servers) server.setSecureContext(this.#contextOptions(this.#options.pair));
  }

  #answer(name: string, callback: (error: Error | null, context?: SecureContext) => void): void {
    const pair = this.#names.find(name);
    if (pair) callback(null, this.#contextOf(pair));
    else callback(null);
  }

  #contextOf(pair: WatchedPair): SecureContext {
    const known = this.#contexts.get(pair);
    if (known) return known;
    const made = createSecureContext(this.#contextOptions(pair));
    this.#contexts.set(pair, made);
    return made;
  }

  #contextOptions(pair: WatchedPair): SecureContextOptions {
    const { cert, key } = pair.current;
    const { ca, crl } = this.#options.authorities?.current ?? {};
    // Without authorities of its own a context would load all those of the web, to check nobody by.
    return {
      cert,
      key,
      ca: ca ?? [],
      ...(crl ? { crl } : {}),
      minVersion: "TLSv1.2",
      sessionIdContext: this.#generation,
    };
  }
}

function newGeneration(): string {
  return randomBytes(16).toString("hex");
}
