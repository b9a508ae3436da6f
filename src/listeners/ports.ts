import type { Server as NetServer } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { Logger } from "pino";
import { type AddressLimitOptions, AddressLimits } from "../access/address-limits.js";
import { AddressRanges } from "../access/address-ranges.js";
import type { WatchedFiles } from "../files/watched-files.js";
import { Certificates } from "./certificates/certificates.js";
import type { TlsListener, TlsSection } from "./certificates/sections.js";
import type { TlsCounters } from "./certificates/tls-counters.js";
import { Door } from "./door.js";
import { identify } from "./identify.js";
import { type Establish, type ListenerAddress, listen } from "./listener.js";
import { tcpServer } from "./tcp.js";
import { tlsServer } from "./tls.js";

/** Sections of the configuration. */
export interface PortOptions {
  readonly listen: Readonly<Record<Name, ListenerAddress>>;
  readonly tls?: TlsSection | undefined;
  readonly proxies: { readonly trusted: readonly string[]; readonly protocol: readonly Name[] };
  readonly limits: AddressLimitOptions;
  readonly mqtt: { readonly connectTimeout: number; readonly maxConnections: number };
}

type Name = "mqtt" | "mqtts" | "http";

/** MQTT sockets beyond mqtt.maxConnections: those that are being told so, and handshakes. */
const SPARE_SOCKETS = 1_000;

/** The open ports, and who may come in by them as far as the network tells. */
export class Ports {
  readonly limits: AddressLimits;
  readonly trusted: AddressRanges;
  readonly certificates: Certificates | undefined;
  readonly door: Door;
  readonly tlsCounters: TlsCounters = { failed: 0, refused: 0 };
  readonly #options: PortOptions;
  readonly #log: Logger;
  readonly #opened: NetServer[] = [];

  private constructor(options: PortOptions, certificates: Certificates | undefined, log: Logger) {
    const { limits, proxies, mqtt } = options;
    this.#options = options;
    this.#log = log;
    this.certificates = certificates;
    this.limits = new AddressLimits(limits);
    this.trusted = new AddressRanges(proxies.trusted);
    this.door = new Door({ limits: this.limits, trusted: this.trusted, timeout: mqtt.connectTimeout, log });
  }

  /** Reads the certificates; opens nothing yet. Rejects when a file cannot be taken. */
  static async prepare(options: PortOptions, files: WatchedFiles, log: Logger): Promise<Ports> {
    const certificates = options.tls && (await Certificates.open(options.tls, files, log));
    return new Ports(options, certificates, log);
  }

  /** Opens the ports for MQTT; gives where, by listener. */
  async openMqtt(establish: Establish): Promise<Partial<Record<Name, ListenerAddress>>> {
    const { connectTimeout, maxConnections } = this.#options.mqtt;
    const maxSockets = maxConnections + SPARE_SOCKETS;
    const mqtt = await this.#open("mqtt", tcpServer(establish), maxSockets);
    const options = this.certificates?.serverOptions("mqtts");
    if (!options) return { mqtt };
    const server = tlsServer({ ...options, handshakeTimeout: connectTimeout }, establish);
    return { mqtt, mqtts: await this.#open("mqtts", server, maxSockets) };
  }

  /** Opens the port of a server that speaks HTTP, made with `certificates.serverOptions`. It is closed by whoever made it. */
  async openHttp(server: NetServer, maxSockets: number): Promise<ListenerAddress> {
    return await this.#listen("http", server, maxSockets);
  }

  /** Stops accepting MQTT; open connections are not touched. */
  close(): void {
    for (const server of this.#opened) server.close();
    this.certificates?.close();
    this.limits.close();
  }

  async #open(name: Name, server: NetServer, maxSockets: number): Promise<ListenerAddress> {
    const address = await this.#listen(name, server, maxSockets);
    this.#opened.push(server);
    return address;
  }

  #listen(name: Name, server: NetServer, maxSockets: number): Promise<ListenerAddress> {
    const key = `listen.${name}`;
    const proxied = this.#options.proxies.protocol.includes(name);
    this.door.guard(server, { listener: key, proxied, shared: name === "http", maxSockets });
    if (server instanceof TlsServer) this.#secure(name === "http" ? "http" : "mqtts", server);
    return listen(server, this.#options.listen[name], key);
  }

  #secure(name: TlsListener, server: TlsServer): void {
    this.certificates?.attach(name, server);
    identify(server, {
      listener: `listen.${name}`,
      authorities: this.certificates?.authorities(name),
      counters: this.tlsCounters,
      log: this.#log,
    });
  }
}
