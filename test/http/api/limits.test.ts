import assert from "node:assert/strict";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect as connectSocket, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { batch } from "../../../src/http/api/batch.js";
import { broadcast } from "../../../src/http/api/broadcast.js";
import { listClients } from "../../../src/http/api/clients.js";
import { publish } from "../../../src/http/api/publish.js";
import { Metrics } from "../../faults/support/metrics.js";
import { fillDisk, mountMemory, whyNoMounts } from "../../faults/support/mount.js";
import { connect } from "../../helpers/mqtt.js";
import { type RunningServer, startServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import { ApiClient } from "./support/api-client.js";

const MOST_UNDER_WAY = 256;
const BODY = '{"topic":"a","data":1}';

/** A request whose body is still to come. */
function begin(t: Teardown, { http: { host, port } }: RunningServer): Socket {
  const socket = connectSocket(port, host);
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  socket.write(
    `POST /api/v1/publish HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`,
  );
  return socket;
}

test("more requests at a time than there may be are told to come back, and room is made when one ends", async (t) => {
  const server = await startServer(t);
  const api = new ApiClient(server.httpUrl);
  const sockets = Array.from({ length: MOST_UNDER_WAY }, () => begin(t, server));
  const underWay = (count: number) =>
    Metrics.until(
      server,
      (metrics) => metrics.get("api_requests_under_way") === count,
      `${count} are under way`,
    );
  await underWay(MOST_UNDER_WAY);
  const { headers } = await api.refused(listClients, 429, /256 requests are under way already/);
  assert.equal(headers.get("retry-after"), "1");
  assert.equal((await fetch(`${server.httpUrl}/healthz`)).status, 200, "others are served");
  const [one, other] = sockets as [Socket, Socket];
  const answered = once(one, "data");
  one.write(BODY);
  assert.match(String(await answered), /^HTTP\/1\.1 200 /);
  await api.done(listClients);
  other.destroy();
  await underWay(MOST_UNDER_WAY - 2);
  const metrics = await Metrics.read(server);
  assert.equal(metrics.get('api_requests_total{operation="listClients",status="429"}'), 1);
  assert.equal(metrics.get('api_requests_total{operation="publish",status="aborted"}'), 1);
});

test("api.maxBodySize bounds a body, by its header or as it comes", async (t) => {
  const server = await startServer(t, { config: { api: { maxBodySize: "1KiB" } } });
  const api = new ApiClient(server.httpUrl);
  await api.publish({ topic: "a", data: "x".repeat(900) });
  await api.refused(publish, 413, /api\.maxBodySize/, { body: { topic: "a", data: "x".repeat(1_024) } });
  const large = await startServer(t, { config: { api: { maxBodySize: "3MiB" } } });
  await new ApiClient(large.httpUrl).publish({ topic: "a", data: "x".repeat(2 * 1024 * 1024) });
});

const reason = await whyNoMounts();

test(
  "while the store cannot write, what must be kept is answered with 503 in time, and the rest goes on",
  reason === undefined ? {} : { skip: reason },
  async (t) => {
    const disk = await mountMemory(t, 16);
    const server = await startServer(t, {
      data: join(disk, "data"),
      config: { storage: { timeout: "500ms" } },
    });
    const api = new ApiClient(server.httpUrl);
    const away = await connect(t, server.mqttUrl, { clean: false, clientId: "away" });
    await away.subscribe("kept/#", 1);
    await away.end();
    const live = await connect(t, server.mqttUrl);
    await live.subscribe("live", 1);

    const filler = await fillDisk(disk);
    // Larger than what is left of a block that the file system has given out already.
    const data = "x".repeat(20_000);
    await api.refused(publish, 503, /not done within 500 ms/, { body: { topic: "kept/a", data } });
    const { results } = await api.done(broadcast, { body: { topics: ["kept/b", "kept/c"], data } });
    assert.deepEqual(
      results.map(({ status }) => status),
      [503, 503],
    );
    const commands = [{ publish: { topic: "kept/d", data } }, { publish: { channel: "nothing", data } }];
    const { results: each } = await api.done(batch, { body: { commands } });
    assert.deepEqual(
      each.map(({ status }) => status),
      [503, 404],
    );
    await api.publish({ topic: "live", data: 1, qos: 0 });
    await live.messages(1);
    await server.logged(
      ({ msg, reason }) => msg === "an API request failed" && /not done within/.test(String(reason)),
    );

    await rm(filler);
    await Metrics.until(server, (metrics) => metrics.get("store_failing") === 0, "the store writes again");
    await api.publish({ topic: "kept/e", data: "after" });
    const back = await connect(t, server.mqttUrl, { clean: false, clientId: "away" });
    const received = await back.messages(5);
    assert.equal(received.at(-1)?.payload, "after", "what was not refused for good came after all");
  },
);
