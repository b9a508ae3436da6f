import type { Server } from "node:http";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Logger } from "pino";
import { LimitedLog } from "../log/limited.js";
import { type ApiOptions, apiRoutes } from "./api/routes.js";
import type { Exchanges } from "./exchanges.js";
import { type HealthProbe, healthRoutes } from "./health.js";
import { type Info, infoRoute } from "./info.js";
import { type MetricSources, metricsRoute } from "./metrics.js";
import { pageRoutes } from "./page.js";
import type { Upgrades } from "./upgrades.js";

export interface HttpOptions {
  /** PEM certificate and key; with them the server speaks HTTPS. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly health: HealthProbe;
  readonly info: () => Info;
  readonly metrics: MetricSources;
  readonly api: ApiOptions;
  readonly upgrades: Upgrades;
  readonly exchanges: Exchanges;
  /** Sockets of all kinds, upgraded ones included. */
  readonly maxSockets: number;
  readonly log: Logger;
}

/** A request must arrive whole within this time, its headers within half of it: slow senders hold no socket for long. */
const REQUEST_TIMEOUT_MS = 20_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** Topics and channels are parts of paths; a longer one would not fit in the headers that Node takes. */
const MAX_PARAMETER = 16 * 1024;

/** A server whose routes are complete; opening the port is the caller's. */
export interface HttpServer {
  readonly server: Server;
  close(): Promise<void>;
}

export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    frameworkErrors: (error, _request, reply) => {
      (reply as FastifyReply).code(error.statusCode ?? 400).send({ error: error.message.slice(0, 300) });
    },
    ...(options.tls ? { https: { ...options.tls, minVersion: "TLSv1.2" as const } } : {}),
  }) as unknown as FastifyInstance;
  app.server.headersTimeout = REQUEST_TIMEOUT_MS / 2;
  app.server.maxConnections = options.maxSockets;
  const log = new LimitedLog(options.log);
  app.server.on("drop", (dropped) =>
    log.warn("HTTP connection refused: too many are open", { remote: `${dropped?.remoteAddress}` }),
  );
  await registerRoutes(app, options);
  await app.ready();
  options.upgrades.attach(app.server);
  return { server: app.server, close: () => app.close() };
}

/** All that the server answers to. */
export async function registerRoutes(app: FastifyInstance, options: HttpOptions): Promise<void> {
  healthRoutes(app, options.health);
  infoRoute(app, options.info);
  metricsRoute(app, options.metrics);
  await apiRoutes(app, options.api, options.log);
  await options.exchanges.attach(app);
  await pageRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ error: `nothing at ${request.method} ${request.url.slice(0, 200)}` });
  });
}
