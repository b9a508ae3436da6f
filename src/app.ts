import type { Logger } from "pino";
import { AuditLog } from "./access/audit-log.js";
import { type Auth, createAuth } from "./auth/auth.js";
import { type Bridge, createBridge } from "./bridge/bridge.js";
import { bridgeMetrics } from "./bridge/metrics.js";
import { RetainedView } from "./bridge/retained-view.js";
import { formatAddress } from "./config/address.js";
import { isOnLoopbackOnly, letsAnonymousIn } from "./config/anonymous.js";
import { servesMqttChannels } from "./config/mqtt-channels.js";
import { type Reread, watchConfiguration } from "./config/reread.js";
import { readRightsFile } from "./config/rights-file.js";
import type { Config } from "./config/schema.js";
import { WatchedFiles } from "./files/watched-files.js";
import { createGateway, type Gateway } from "./gateway/gateway.js";
import { gatewayMetrics } from "./gateway/metrics.js";
import type { ApiParts } from "./http/api/parts.js";
import { Requests } from "./http/api/requests.js";
import { Exchanges } from "./http/exchanges.js";
import { Pages } from "./http/pages.js";
import { createHttpServer, type HttpServer } from "./http/server.js";
import { Upgrades } from "./http/upgrades.js";
import { portMetrics } from "./listeners/metrics.js";
import { Ports } from "./listeners/ports.js";
import { acceptWebSockets } from "./listeners/websocket.js";
import { Broker } from "./mqtt/broker.js";
import { brokerMetrics } from "./mqtt/metrics.js";
import { Control } from "./storage/level/control.js";
import { LevelStore } from "./storage/level/level-store.js";
import { storeMetrics } from "./storage/metrics.js";
import type { Store } from "./storage/store.js";
import { version } from "./version.js";
import { webhookMetrics } from "./webhooks/metrics.js";
import { Webhooks } from "./webhooks/webhooks.js";

/** Sockets beyond the limits of clients: requests, and those that have not said yet what they are. */
const SPARE_SOCKETS = 1_000;

/** Without a WebSocket a session has one for what it is told, and at times another for what it sends. */
const SOCKETS_PER_SESSION = 2;

/** What the HTTP server serves. */
interface HttpParts {
  readonly ports: Ports;
  readonly store: Store;
  readonly parts: ApiParts;
  readonly requests: Requests;
  readonly auth: Auth;
  readonly pages: Pages;
}

/** The whole server: builds every module from the configuration, starts them in order and stops them in reverse. */
export class App {
  readonly #config: Config;
  readonly #reread: Reread | undefined;
  readonly #log: Logger;
  readonly #audit: AuditLog;
  readonly #files: WatchedFiles;
  readonly #upgrades = new Upgrades();
  readonly #exchanges = new Exchanges();
  readonly #addresses: Record<string, string> = {};
  readonly #stops: (() => void | Promise<void>)[] = [];
  #draining = false;

  constructor(config: Config, log: Logger, reread?: Reread) {
    this.#config = config;
    this.#reread = reread;
    this.#log = log;
    this.#audit = new AuditLog(log);
    this.#files = new WatchedFiles(log.child({ part: "files" }), this.#audit);
  }

  /** HOST:PORT by listener that is open: `mqtt`, `mqtts`, `http`. */
  get addresses(): Readonly<Record<string, string>> {
    return this.#addresses;
  }

  /** The page's address, for a browser on this machine. */
  get dashboard(): string {
    const { host } = this.#config.listen.http;
    const anywhere = host === "0.0.0.0" || host === "::";
    const address = this.#addresses.http ?? "";
    return `${this.#isHttps ? "https" : "http"}://${anywhere ? address.replace(/^.*:/, "localhost:") : address}/`;
  }

  /** Resolves when every port is open. When something cannot start, what was started is stopped and the error thrown. */
  async start(): Promise<void> {
    try {
      await this.#startModules();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Reads every file again that is read again when it changes. */
  reload(): Promise<void> {
    return this.#files.reload();
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  async #startModules(): Promise<void> {
    const ports = await this.#preparePorts();
    const store = await this.#openStore();
    // Upgraded sockets belong to the HTTP server, which is done only when broker and gateway have let go of them.
    let http: HttpServer | undefined;
    this.#stops.push(() => http?.close());
    const auth = await this.#createAuth(ports);
    const broker = await this.#startBroker(store, auth);
    const webhooks = await this.#startWebhooks(store, broker);
    const bridge = await this.#startBridge(broker, store);
    const gateway = this.#startGateway(bridge, webhooks, auth);
    const requests = new Requests();
    const parts = apiParts(broker, bridge, gateway);
    const pages = this.#createPages();
    http = await this.#createHttp({ ports, store, parts, requests, auth, pages }, [
      ...pages.metrics(),
      ...portMetrics(ports),
      ...brokerMetrics(broker),
      ...storeMetrics(store),
      ...bridgeMetrics(bridge),
      ...gatewayMetrics(gateway),
      ...webhookMetrics(webhooks),
      ...auth.metrics,
      ...requests.metrics(),
    ]);
    await this.#openPorts(ports, broker, http);
    this.#stops.push(() => {
      this.#draining = true;
      this.#upgrades.drain();
      gateway.shut();
    });
  }

  /** Certificates are read before anything is opened: what cannot be served is not to be started. */
  async #preparePorts(): Promise<Ports> {
    const ports = await Ports.prepare(this.#config, this.#files, this.#log.child({ part: "ports" }));
    this.#stops.push(() => this.#files.close());
    return ports;
  }

  async #createAuth({ certificates }: Ports): Promise<Auth> {
    const log = this.#log.child({ part: "auth" });
    const auth = await createAuth(
      {
        ...this.#config,
        anonymous: letsAnonymousIn(this.#config),
        loopbackOnly: isOnLoopbackOnly(this.#config),
        readRightsFile,
        revocations: certificates?.knowsClients ? certificates : undefined,
      },
      this.#files,
      this.#audit,
      log,
    );
    this.#stops.push(() => auth.close());
    if (this.#reread)
      await watchConfiguration({
        ...this.#reread,
        current: this.#config,
        files: this.#files,
        takeRights: auth.reconfigure,
        log: this.#log,
      });
    return auth;
  }

  async #openStore(): Promise<Store> {
    const { data, durability, storage, mqtt } = this.#config;
    const log = this.#log.child({ part: "store" });
    const store = new LevelStore({
      directory: data,
      durability,
      syncInterval: storage.syncInterval,
      maxRetained: mqtt.maxRetained,
      log,
    });
    await store.open();
    this.#stops.push(() => store.close().catch((error) => log.error({ data }, error.message)));
    const control = new Control({
      directory: data,
      backup: (directory, onProgress) => store.backup(directory, onProgress),
      log,
    });
    await control.open();
    this.#stops.push(() => control.close());
    return store;
  }

  async #startBroker(store: Store, { gate }: Auth): Promise<Broker> {
    const log = this.#log.child({ part: "mqtt" });
    const { sessions, messages } = this.#config;
    const broker = new Broker({
      gate,
      audit: this.#audit,
      store,
      storeTimeout: this.#config.storage.timeout,
      limits: {
        ...this.#config.mqtt,
        ...this.#config.limits,
        maxStoredSize: sessions.maxQueuedSize,
        whenFull: sessions.whenFull,
      },
      expiry: { sessions: sessions.expiry, messages: messages.expiry },
      log,
    });
    await broker.start();
    this.#stops.push(() => broker.stop());
    const { maxPacketSize } = this.#config.mqtt;
    const { unauthenticatedSize } = this.#config.limits;
    const establish = broker.establish.bind(broker);
    const options = { maxPacketSize, unauthenticatedSize, log };
    this.#upgrades.route("/mqtt", acceptWebSockets(this.#isHttps ? "wss" : "ws", options, establish));
    return broker;
  }

  /** Before the gateway, which is the last to have something to tell. */
  async #startWebhooks(store: Store, { bus }: Broker): Promise<Webhooks> {
    const log = this.#log.child({ part: "webhooks" });
    const webhooks = new Webhooks({ options: this.#config.webhooks, store, bus, log, version });
    this.#stops.push(() => webhooks.close());
    await webhooks.start();
    return webhooks;
  }

  async #startBridge(broker: Broker, streams: Store): Promise<Bridge> {
    const options = { ...this.#config.bridge, mqttChannels: servesMqttChannels(this.#config) };
    const bridge = createBridge({
      bus: broker.bus,
      options,
      streams,
      log: this.#log.child({ part: "bridge" }),
    });
    this.#stops.push(() => bridge.close());
    await bridge.load();
    return bridge;
  }

  #startGateway(bridge: Bridge, watcher: Webhooks, { gate }: Auth): Gateway {
    const { gateway: options, limits: rates, drain, shutdownTimeout } = this.#config;
    const log = this.#log.child({ part: "gateway" });
    const gateway = createGateway({
      channels: bridge,
      options,
      log,
      version,
      gate,
      rates,
      watcher,
    });
    this.#stops.push(() => gateway.close(shutdownTimeout, drain.window));
    this.#upgrades
      .route("/connection/websocket", (request, socket, head) =>
        gateway.acceptConnection(request, socket, head),
      )
      .route("/v3/", (request, socket, head, channel) => gateway.acceptPlain(request, socket, head, channel));
    const { http } = gateway;
    this.#exchanges
      .route("POST", "/connection/http_stream", http.stream)
      .route("GET", "/connection/sse", http.events)
      .route("POST", "/emulation", http.commands);
    return gateway;
  }

  #createPages(): Pages {
    const { http, listen: ports } = this.#config;
    return new Pages({
      origins: http.origins,
      local: isOnLoopbackOnly(this.#config) && letsAnonymousIn(this.#config),
      host: ports.http.host,
      log: this.#log.child({ part: "http" }),
    });
  }

  #createHttp(
    { ports, store, parts, requests, auth, pages }: HttpParts,
    metrics: Parameters<typeof createHttpServer>[0]["metrics"],
  ): Promise<HttpServer> {
    const { accounts, authWebhook, api, http } = this.#config;
    const { certificates, trusted, limits } = ports;
    return createHttpServer({
      gate: auth.gate,
      audit: this.#audit,
      pages,
      access: {
        loopbackOnly: isOnLoopbackOnly(this.#config),
        keyed: api.keys.length > 0,
        openMetrics: http.openMetrics ?? auth.gate.anonymous,
        logins: auth.logins,
        offersLogin: accounts !== undefined || authWebhook !== undefined,
      },
      tls: certificates?.serverOptions("http"),
      handshakeTimeout: this.#config.mqtt.connectTimeout,
      idleTimeout: this.#config.limits.httpIdle,
      entry: { trusted, limits },
      health: () => {
        if (this.#draining) return "the server is shutting down";
        return store.failingSince !== undefined ? "the store cannot write; the log says why" : undefined;
      },
      info: () => ({
        name: "causeway",
        version,
        addresses: this.#addresses,
        mqttChannels: servesMqttChannels(this.#config),
        channels: this.#config.bridge.channels
          .map(({ channel }) => channel)
          .filter((name) => !name.includes("{")),
      }),
      metrics,
      api: {
        maxBodySize: api.maxBodySize,
        parts,
        requests,
        timeout: this.#config.storage.timeout,
        version,
      },
      upgrades: this.#upgrades,
      exchanges: this.#exchanges,
      log: this.#log.child({ part: "http" }),
    });
  }

  async #openPorts(ports: Ports, broker: Broker, { server }: HttpServer): Promise<void> {
    const { mqtt, gateway } = this.#config;
    this.#stops.push(() => ports.close());
    const opened = await ports.openMqtt(broker.establish.bind(broker));
    const maxSockets = mqtt.maxConnections + SOCKETS_PER_SESSION * gateway.maxSessions + SPARE_SOCKETS;
    const all = { ...opened, http: await ports.openHttp(server, maxSockets) };
    for (const [name, address] of Object.entries(all)) this.#addresses[name] = formatAddress(address);
  }

  get #isHttps(): boolean {
    return this.#config.tls?.http ?? false;
  }
}

/** What the API works on. */
function apiParts(broker: Broker, bridge: Bridge, gateway: Gateway): ApiParts {
  const { users, presences } = gateway;
  return {
    topics: () => broker.bus.publisher(),
    channels: bridge,
    histories: bridge,
    retained: new RetainedView(broker.bus),
    clients: [broker.clients, gateway.clients],
    presences,
    users,
  };
}
