import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import pino from "pino";
import { type Bridge, createBridge } from "../../../src/bridge/bridge.js";
import type { BridgeOptions, Rule } from "../../../src/bridge/options.js";
import { createGateway, type Gateway } from "../../../src/gateway/gateway.js";
import type { GatewayOptions } from "../../../src/gateway/options.js";
import { MemoryBus } from "./memory-bus.js";

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
}

export interface TestOptions {
  readonly channels?: readonly (Partial<Rule> & Pick<Rule, "channel" | "topics">)[];
  readonly bridge?: Partial<Omit<BridgeOptions, "channels">>;
  readonly gateway?: Partial<GatewayOptions>;
  readonly bus?: MemoryBus;
}

const gatewayDefaults: GatewayOptions = {
  connectTimeout: 10_000,
  pingInterval: 25_000,
  pongTimeout: 8_000,
  maxSessions: 1_000,
  maxChannels: 128,
  maxFrameSize: 64 * 1024,
  maxOutboxSize: 1024 * 1024,
};

/** A bridge and a gateway behind an HTTP server on a free port, gone with the test. */
export async function startServer(t: TestContext, options: TestOptions = {}): Promise<TestServer> {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const bus = options.bus ?? new MemoryBus();
  const rules = (options.channels ?? []).map((rule) => ({ snapshot: false, ...rule }));
  const bridge = createBridge({
    bus,
    log,
    options: { channels: rules, mqttChannels: true, maxTopics: 10_000, linger: 60_000, ...options.bridge },
  });
  const gateway = createGateway({
    channels: bridge,
    log,
    version: "1.2.3",
    options: { ...gatewayDefaults, ...options.gateway },
  });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => {
    const path = decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
    if (path.startsWith("/v3/")) gateway.acceptPlain(request, socket, head, path.slice("/v3/".length));
    else gateway.acceptConnection(request, socket, head);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    await gateway.close(1_000);
    bridge.close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    bus,
    bridge,
    gateway,
    port,
    log: lines,
    url: `ws://127.0.0.1:${port}/connection/websocket`,
    plainUrl: (channel) => `ws://127.0.0.1:${port}/v3/${encodeURIComponent(channel)}`,
  };
}
