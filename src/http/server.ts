import type { Server } from "node:http";
import type { TlsOptions } from "node:tls";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Logger } from "pino";
import type { Audit } from "../access/audit.js";
import type { Gate } from "../access/gate.js";
import { Admission } from "./admission.js";
import { Access } from "./api/access.js";
import { type ApiOptions, apiRoutes } from "./api/routes.js";
import { BrokenRequests } from "./broken-requests.js";
import { Entry, type EntryOptions } from "./entry.js";
import type { Exchanges } from "./exchanges.js";
import { tooManyHeaders } from "./header-limit.js";
import { type HealthProbe, healthRoutes } from "./health.js";
import { type Info, infoRoute } from "./info.js";
import { loginRoutes } from "./login.js";
import type { Logins } from "./logins.js";
import { type MetricSources, metricsRoute } from "./metrics.js";
import { pageRoutes } from "./page.js";
import type { Pages } from "./pages.js";
import { Pipelines } from "./pipelines.js";
import { secure } from "./security-headers.js";
import type { Upgrades } from "./upgrades.js";

export interface HttpOptions {
  readonly gate: Gate;
  readonly audit: Audit;
  readonly pages: Pages;
  readonly access: HttpAccess;
  /** With it the server speaks HTTPS. */
  readonly tls?: TlsOptions | undefined;
  /** Milliseconds for the handshake of TLS. */
  readonly handshakeTimeout: number;
  /** Milliseconds that a connection is kept without a request. */
  readonly idleTimeout: number;
  readonly entry: Omit<EntryOptions, "log">;
  readonly health: HealthProbe;
  readonly info: () => Info;
  readonly metrics: MetricSources;
  readonly api: ApiOptions;
  readonly upgrades: Upgrades;
  readonly exchanges: Exchanges;
  readonly log: Logger;
}

/** Who may do what over HTTP beside what the gate says. */
export interface HttpAccess {
  /** Whether only this machine can reach the server. */
  readonly loopbackOnly: boolean;
  /** The configuration has keys for the API: then being on this machine is not enough. */
  readonly keyed: boolean;
  /** Whether everybody may read the metrics. */
  readonly openMetrics: boolean;
  readonly logins: Logins;
  /** Whether there is anything that knows names and passwords. */
  readonly offersLogin: boolean;
}

/** A request must arrive whole within this time, its headers within half of it: slow senders hold no socket for long. */
const REQUEST_TIMEOUT_MS = 20_000;
/** How often Node looks for those who have not; its own 30 s would let them stay for longer than they may. */
const CHECK_MS = 1_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** The request line and the header fields together. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Topics and channels are parts of paths. */
const MAX_PARAMETER = MAX_HEADER_BYTES;

/** A server whose routes are complete; opening the port is the caller's. */
export interface HttpServer {
  readonly server: Server;
  close(): Promise<void>;
}

export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { tls, handshakeTimeout } = options;
  const node = { connectionsCheckingInterval: CHECK_MS, maxHeaderSize: MAX_HEADER_BYTES };
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: options.idleTimeout,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    frameworkErrors: (error, request, reply) => {
      secure(request.raw, reply.raw);
      (reply as FastifyReply).code(error.statusCode ?? 400).send({ error: error.message.slice(0, 300) });
    },
    ...(tls ? { https: { ...tls, ...node, handshakeTimeout } } : { http: node }),
  }) as unknown as FastifyInstance;
  app.server.headersTimeout = REQUEST_TIMEOUT_MS / 2;
  // Their size is bounded. Beyond a count Node drops the last ones, which are those that a proxy adds.
  app.server.maxHeadersCount = 0;
  const pipelines = new Pipelines(options.log);
  const broken = new BrokenRequests();
  const metrics = [...options.metrics, ...pipelines.metrics(), ...broken.metrics()];
  await registerRoutes(app, { ...options, metrics });
  await app.ready();
  broken.attach(app.server);
  pipelines.attach(app.server);
  options.upgrades.attach(app.server, options.pages);
  new Entry({ ...options.entry, log: options.log }).attach(app.server);
  return { server: app.server, close: () => app.close() };
}

/** All that the server answers to. */
export async function registerRoutes(app: FastifyInstance, options: HttpOptions): Promise<void> {
  const { gate, pages, audit, access } = options;
  const admission = new Admission({ gate, pages, ...access });
  app.addHook("onRequest", async (request, reply) => {
    secure(request.raw, reply.raw);
    const fault = tooManyHeaders(request.raw);
    if (fault) return reply.code(431).send({ error: fault });
  });
  healthRoutes(app, options.health);
  infoRoute(app, options.info, gate, admission);
  metricsRoute(app, options.metrics, access.openMetrics ? undefined : admission);
  await loginRoutes(app, { gate, pages, audit, logins: access.logins, offered: access.offersLogin });
  await apiRoutes(app, options.api, new Access({ gate, pages, audit, admission }), options.log);
  await options.exchanges.attach(app, pages);
  await pageRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    // The query may hold a key or a token.
    const [path = ""] = request.url.split("?", 1);
    reply.code(404).send({ error: `nothing at ${request.method} ${path.slice(0, 200)}` });
  });
}
