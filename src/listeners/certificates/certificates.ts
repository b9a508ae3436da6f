import type { Server, TlsOptions } from "node:tls";
import type { Logger } from "pino";
import type { WatchedFiles } from "../../files/watched-files.js";
import { Authorities } from "./authorities.js";
import { type Expiring, ExpiryWatch } from "./expiry-watch.js";
import { ListenerContexts } from "./listener-contexts.js";
import type { PairFiles, TlsListener, TlsSection } from "./sections.js";
import { WatchedPair } from "./watched-pair.js";

const LISTENERS: readonly TlsListener[] = ["mqtts", "http"];

/** Every certificate of the configuration: the listeners' own and whose clients' ones are taken. */
export class Certificates {
  readonly #section: TlsSection;
  readonly #files: WatchedFiles;
  readonly #watch: ExpiryWatch;
  /** By the names of the files, since several keys may name the same. */
  readonly #pairs = new Map<string, WatchedPair>();
  readonly #authorities = new Map<TlsListener, Authorities>();
  readonly #contexts = new Map<TlsListener, ListenerContexts>();
  readonly #listeners = new Set<() => void>();
  #isOpen = false;

  private constructor(section: TlsSection, files: WatchedFiles, log: Logger) {
    this.#section = section;
    this.#files = files;
    this.#watch = new ExpiryWatch(() => this.expiring(), { days: section.expiryWarning, log });
  }

  /** Reads every file. Rejects when one cannot be taken. */
  static async open(section: TlsSection, files: WatchedFiles, log: Logger): Promise<Certificates> {
    const certificates = new Certificates(section, files, log);
    try {
      for (const listener of LISTENERS)
        if (listener === "mqtts" || section.http) await certificates.#openListener(listener);
    } catch (error) {
      certificates.close();
      throw error;
    }
    certificates.#watch.look();
    certificates.#isOpen = true;
    return certificates;
  }

  /** With what to make the server of a listener; undefined where it has no TLS. */
  serverOptions(listener: TlsListener): TlsOptions | undefined {
    return this.#contexts.get(listener)?.serverOptions;
  }

  /** Gives the server every newer context. */
  attach(listener: TlsListener, server: Server): void {
    this.#contexts.get(listener)?.attach(server);
  }

  /** Whose client certificates a listener takes. */
  authorities(listener: TlsListener): Authorities | undefined {
    return this.#authorities.get(listener);
  }

  /** Whether client certificates let anybody in. */
  get knowsClients(): boolean {
    return this.#authorities.size > 0;
  }

  isRevoked(issuer: string, serial: string): boolean {
    return [...this.#authorities.values()].some((authorities) => authorities.isRevoked(issuer, serial));
  }

  /** Authorities or revocation lists were read again. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  expiring(): Expiring[] {
    const pairs = [...this.#pairs.values()].map(
      ({ key, files, current }): Expiring => ({
        key: `${key}.cert`,
        file: files.cert,
        what: "certificate",
        at: Date.parse(current.certificate.validTo),
      }),
    );
    return [...pairs, ...[...this.#authorities.values()].flatMap(expiringOf)];
  }

  close(): void {
    this.#watch.close();
    this.#listeners.clear();
  }

  async #openListener(listener: TlsListener): Promise<void> {
    const { names, listeners, clients } = this.#section;
    const authorities = await this.#openAuthorities(listener, clients[listener]);
    const own = listeners[listener];
    const pair = await this.#openPair(own ? `tls.listeners.${listener}` : "tls", own ?? this.#section);
    const named: [string, WatchedPair][] = [];
    for (const [index, one] of names.entries()) {
      const other = await this.#openPair(`tls.names[${index}]`, one);
      named.push(...one.names.map((name): [string, WatchedPair] => [name, other]));
    }
    const contexts = new ListenerContexts({ pair, names: named, authorities });
    this.#contexts.set(listener, contexts);
    // First what new handshakes get, then who of those that are there has to go.
    authorities?.onChange(() => contexts.renew());
    authorities?.onChange(() => {
      for (const changed of this.#listeners) changed();
      this.#watch.lookAtNew();
    });
  }

  async #openPair(key: string, { cert, key: keyFile }: PairFiles): Promise<WatchedPair> {
    const id = JSON.stringify([cert, keyFile]);
    const known = this.#pairs.get(id);
    if (known) return known;
    const files = { cert, key: keyFile };
    const pair = await WatchedPair.open(key, files, this.#files, () => this.#renewAll());
    this.#pairs.set(id, pair);
    return pair;
  }

  async #openAuthorities(
    listener: TlsListener,
    files: TlsSection["clients"][TlsListener],
  ): Promise<Authorities | undefined> {
    if (!files) return undefined;
    const authorities = await Authorities.open(`tls.clients.${listener}`, files, this.#files);
    this.#authorities.set(listener, authorities);
    return authorities;
  }

  #renewAll(): void {
    for (const contexts of this.#contexts.values()) contexts.renew();
    // Before that not everything has been read that there is to look at.
    if (this.#isOpen) this.#watch.lookAtNew();
  }
}

function expiringOf({ key, files, current }: Authorities): Expiring[] {
  const authorities = current.certificates.map(({ validTo }) => Date.parse(validTo));
  const lists = current.lists.flatMap(({ nextUpdate }) => (nextUpdate === undefined ? [] : [nextUpdate]));
  const earliest = (times: number[], name: string, file: string, what: Expiring["what"]): Expiring[] =>
    times.length > 0 ? [{ key: `${key}.${name}`, file, what, at: Math.min(...times) }] : [];
  return [
    ...earliest(authorities, "ca", files.ca, "authority"),
    ...earliest(lists, "crl", files.crl ?? "", "revocation list"),
  ];
}
