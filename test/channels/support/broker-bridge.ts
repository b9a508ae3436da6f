import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import pino from "pino";
import { Bridge } from "../../../src/bridge/bridge.js";
import { loadConfig } from "../../../src/config/load.js";
import type { ConfigInput } from "../../../src/config/schema.js";
import { listen } from "../../../src/listeners/listener.js";
import { tcpServer } from "../../../src/listeners/tcp.js";
import { Broker } from "../../../src/mqtt/broker.js";
import { LevelStore } from "../../../src/storage/level/level-store.js";

/** A bridge on a whole broker, for devices with real sockets. */
export interface BrokerBridge {
  readonly bridge: Bridge;
  readonly broker: Broker;
  readonly mqttUrl: string;
}

export async function startBrokerBridge(
  t: TestContext,
  channels: NonNullable<ConfigInput["bridge"]>["channels"],
): Promise<BrokerBridge> {
  const data = await mkdtemp(join(tmpdir(), "causeway-test-"));
  const { config } = loadConfig({ env: {}, flags: { data, bridge: { channels, mqttChannels: false } } });
  const { mqtt, sessions, messages, storage, durability } = config;
  const log = pino({ level: "silent" });
  const store = new LevelStore({
    directory: data,
    durability,
    ...storage,
    maxRetained: mqtt.maxRetained,
    log,
  });
  const broker = new Broker({
    store,
    storeTimeout: storage.timeout,
    limits: { ...mqtt, maxStoredSize: sessions.maxQueuedSize, whenFull: sessions.whenFull },
    expiry: { sessions: sessions.expiry, messages: messages.expiry },
    log,
  });
  const bridge = new Bridge({ bus: broker.bus, options: { ...config.bridge, mqttChannels: false }, log });
  await store.open();
  await broker.start();
  const server = tcpServer(broker.establish.bind(broker));
  const { port } = await listen(server, { host: "127.0.0.1", port: 0 }, "listen.mqtt");
  t.after(async () => {
    server.close();
    bridge.close();
    await broker.stop();
    await store.close();
    await rm(data, { recursive: true });
  });
  return { bridge, broker, mqttUrl: `mqtt://127.0.0.1:${port}` };
}
