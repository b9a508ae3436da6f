import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import pino from "pino";
import type { Gate } from "../../../src/access/gate.js";
import { type Bridge, createBridge } from "../../../src/bridge/bridge.js";
import type { BridgeOptions, Rule } from "../../../src/bridge/options.js";
import { createGateway, type Gateway } from "../../../src/gateway/gateway.js";
import type { GatewayOptions } from "../../../src/gateway/options.js";
import type { Rates } from "../../../src/gateway/session-context.js";
import type { Watcher } from "../../../src/gateway/watcher.js";
import type { Teardown } from "../../helpers/teardown.js";
import { gateOf, noTokens } from "./gate-of.js";
import { MemoryBus } from "./memory-bus.js";
import type { Tokens } from "./test-tokens.js";

export interface TestServer {
  readonly bus: MemoryBus;
  readonly bridge: Bridge;
  readonly gateway: Gateway;
  readonly port: number;
  /** Of the channel protocol. */
  readonly url: string;
  /** The log, one object per line. */
  readonly log: Record<string, unknown>[];
  plainUrl(channel: string): string;
  /** The address of a path, as `/emulation`. */
  httpUrl(path: string): string;
  /** Ends it as a process that is told to stop does; `cut` as one that is killed. */
  stop(how?: "cut"): Promise<void>;
}

export interface TestOptions {
  readonly channels?: readonly (Partial<Rule> & Pick<Rule, "channel" | "topics">)[];
  readonly bridge?: Partial<Omit<BridgeOptions, "channels">>;
  readonly gateway?: Partial<GatewayOptions>;
  readonly bus?: MemoryBus;
  /** Of a gate that gives everybody every right. */
  readonly tokens?: Tokens;
  /** `gateway.apiKeys`. */
  readonly apiKeys?: readonly string[];
  /** In its place. */
  readonly gate?: Gate;
  readonly rates?: Rates;
  readonly watcher?: Watcher;
  readonly http?: ServerOptions;
  /** PEM; the server speaks TLS then. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Instead of a free one. */
  readonly port?: number;
}

const gatewayDefaults: GatewayOptions = {
  connectTimeout: 10_000,
  pingInterval: 25_000,
  pongTimeout: 8_000,
  expiryGrace: 10_000,
  maxSessions: 1_000,
  maxChannels: 128,
  maxFrameSize: 64 * 1024,
  maxOutboxSize: 1024 * 1024,
  maxOutboxAge: 10_000,
  maxHeldTopics: 20_000,
  maxHeldSize: 8 * 1024 * 1024,
};

/** A bridge and a gateway behind an HTTP server on a free port, gone with the test. */
export async function startServer(t: Teardown, options: TestOptions = {}): Promise<TestServer> {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const bus = options.bus ?? new MemoryBus();
  const rules = (options.channels ?? []).map((rule) => ({ snapshot: false, ...rule }));
  const bridge = createBridge({
    bus,
    log,
    options: {
      channels: rules,
      mqttChannels: true,
      maxTopics: 10_000,
      maxHistorySize: 64 * 1024 ** 2,
      linger: 60_000,
      ...options.bridge,
    },
  });
  const gateway = createGateway({
    channels: bridge,
    log,
    version: "1.2.3",
    gate: options.gate ?? gateOf(options.tokens ?? noTokens, options.apiKeys),
    ...(options.rates ? { rates: options.rates } : {}),
    ...(options.watcher ? { watcher: options.watcher } : {}),
    options: { ...gatewayDefaults, ...options.gateway },
  });
  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    "POST /connection/http_stream": gateway.http.stream,
    "GET /connection/sse": gateway.http.events,
    "POST /emulation": gateway.http.commands,
    "GET /": page,
    "GET /favicon.ico": page,
  };
  const { http = {}, tls } = options;
  const server = tls ? createSecureServer({ ...http, ...tls }) : createServer(http);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const route = routes[`${request.method} ${request.url?.split("?")[0]}`];
    if (route) route(request, response);
    else response.writeHead(404).end();
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const path = decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
    if (path.startsWith("/v3/")) gateway.acceptPlain(request, socket, head, path.slice("/v3/".length));
    else gateway.acceptConnection(request, socket, head);
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) =>
    sockets.add(socket.once("close", () => sockets.delete(socket))),
  );
  const stop = async (how?: "cut") => {
    server.close();
    if (how === "cut") for (const socket of sockets) socket.destroy();
    await gateway.close(1_000);
    bridge.close();
    server.closeAllConnections();
  };
  t.after(() => stop());
  const { port } = server.address() as AddressInfo;
  const origin = `127.0.0.1:${port}`;
  const ws = `${tls ? "wss" : "ws"}://${origin}`;
  return {
    bus,
    bridge,
    gateway,
    port,
    log: lines,
    stop,
    url: `${ws}/connection/websocket`,
    httpUrl: (path) => `${tls ? "https" : "http"}://${origin}${path}`,
    plainUrl: (channel) => `${ws}/v3/${encodeURIComponent(channel)}`,
  };
}

/** Somewhere to run scripts in. */
function page(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
}
