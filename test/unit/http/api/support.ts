import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import pino from "pino";
import { AddressLimits } from "../../../../src/access/address-limits.js";
import { AddressRanges } from "../../../../src/access/address-ranges.js";
import type { ApiParts } from "../../../../src/http/api/parts.js";
import { Requests } from "../../../../src/http/api/requests.js";
import type { ApiOptions } from "../../../../src/http/api/routes.js";
import { Exchanges } from "../../../../src/http/exchanges.js";
import { createHttpServer } from "../../../../src/http/server.js";
import { Upgrades } from "../../../../src/http/upgrades.js";
import { ApiClient } from "../../../http/api/support/api-client.js";
import { doorOf, gateOf } from "../support.js";

/** Parts of a server in which there is nothing yet. */
const EMPTY: ApiParts = {
  topics: () => ({ publish: async () => undefined }),
  channels: {
    active: () => [],
    subscribers: () => 0,
    describe: () => ({ topics: [], snapshot: false }),
    access: () => undefined,
    publish: async () => undefined,
  },
  retained: { find: async function* () {} },
  clients: [],
  histories: { history: () => ({ publications: [], position: { epoch: "e", offset: 0 } }) },
  presences: { presence: () => new Map(), presenceStats: () => ({ clients: 0, users: 0 }) },
  users: {
    subscribe: async () => 0,
    unsubscribe: () => 0,
    disconnect: () => 0,
    refresh: () => 0,
    send: () => 0,
  },
};

export interface ServedApi {
  readonly client: ApiClient;
  readonly url: string;
  readonly log: Record<string, unknown>[];
}

/** The API over parts that a test makes, on a free port. */
export async function serveApi(
  t: TestContext,
  parts: Partial<ApiParts>,
  options: Partial<ApiOptions> = {},
  door = doorOf(gateOf()),
): Promise<ServedApi> {
  const log: Record<string, unknown>[] = [];
  const { server, close } = await createHttpServer({
    ...door,
    health: () => undefined,
    info: () => ({ name: "", version: "", addresses: {}, mqttChannels: false, channels: [] }),
    metrics: [],
    api: {
      parts: { ...EMPTY, ...parts },
      requests: new Requests(),
      maxBodySize: 1024 * 1024,
      timeout: 5_000,
      version: "1.2.3",
      ...options,
    },
    upgrades: new Upgrades(),
    exchanges: new Exchanges(),
    handshakeTimeout: 10_000,
    idleTimeout: 5_000,
    entry: { trusted: new AddressRanges([]), limits: new AddressLimits({}) },
    log: pino({ level: "debug" }, { write: (line: string) => log.push(JSON.parse(line)) }),
  });
  t.after(close);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: new ApiClient(url), url, log };
}
