import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import mqttPacket from "mqtt-packet";
import { Metrics } from "../faults/support/metrics.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { RawHttp, request } from "./support/raw-http.js";
import { FrameBits, frame, openRawWebSocket } from "./support/raw-websocket.js";
import { besiege } from "./support/siege.js";

const MIB = 1024 ** 2;
const PERIOD_MS = 100;
const COUNT = 300;
const FEW = 100;

/** Sends its bytes one by one, for as long as it is let. */
class Dribbler {
  readonly closed: Promise<void>;
  /** Ms until the server had enough of it. */
  lasted = 0;
  readonly #socket: Socket;
  readonly #bytes: Buffer;
  #sent = 0;

  constructor(socket: Socket, bytes: Buffer) {
    this.#socket = socket;
    this.#bytes = bytes;
    const began = performance.now();
    const timer = setInterval(() => this.#send(), PERIOD_MS);
    socket.on("error", () => undefined).resume();
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        clearInterval(timer);
        this.lasted = performance.now() - began;
        resolve();
      }),
    );
  }

  get done(): boolean {
    return this.#sent === this.#bytes.length;
  }

  #send(): void {
    if (this.done || this.#socket.destroyed) return;
    this.#socket.write(this.#bytes.subarray(this.#sent, ++this.#sent));
  }
}

const CONNECT = mqttPacket.generate({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clientId: "slow".repeat(200),
  clean: true,
  keepalive: 0,
});
/** Longer than it will ever get. */
const FRAME = frame(FrameBits.fin | FrameBits.binary, CONNECT);
const HEADERS = Buffer.from(request("GET /healthz", "Host: a", `X-Slow: ${"s".repeat(4_000)}`));

test("clients that send their first packet byte by byte are closed at mqtt.connectTimeout and gateway.connectTimeout", async (t) => {
  const server = await startServer(t, {
    config: { mqtt: { connectTimeout: "2s" }, gateway: { connectTimeout: "2s" } },
  });
  const dribblers: Dribbler[] = [];
  const siege = await besiege(t, server, { memory: 64 * MIB }, async () => {
    for (let i = 0; i < COUNT; i++) dribblers.push(new Dribbler(overTcp(t, server), CONNECT));
    for (let i = 0; i < FEW; i++) {
      dribblers.push(
        new Dribbler((await openRawWebSocket(t, server, { path: "/mqtt", protocol: "mqtt" })).socket, FRAME),
      );
      dribblers.push(
        new Dribbler((await openRawWebSocket(t, server, { path: "/connection/websocket" })).socket, FRAME),
      );
    }
    await Promise.all(dribblers.map(({ closed }) => closed));
  });
  assert.ok(dribblers.every(({ done }) => !done));
  const longest = Math.max(...dribblers.map(({ lasted }) => lasted));
  t.diagnostic(`closed after ${Math.round(longest)} ms at most`);
  // How late a timer is depends on the machine; a client that held on while it sends would take 90 s.
  assert.ok(longest < 10_000, `${longest} ms`);
  assert.equal(siege.rise("mqtt_client_errors_total"), COUNT + FEW);
  assert.equal(siege.rise("session_disconnects_total"), FEW);
});

test("requests that come byte by byte are closed in time, and nobody else waits for them", async (t) => {
  const server = await startServer(t, { config: { limits: { httpIdle: "2s" } } });
  const dribblers: Dribbler[] = [];
  await besiege(t, server, { memory: 64 * MIB }, async () => {
    for (let i = 0; i < FEW; i++)
      dribblers.push(new Dribbler((await RawHttp.open(t, server)).socket, HEADERS));
    await Promise.all(dribblers.map(({ closed }) => closed));
  });
  assert.ok(dribblers.every(({ done }) => !done));
  t.diagnostic(`closed after ${Math.round(Math.max(...dribblers.map(({ lasted }) => lasted)))} ms at most`);
  const after = await Metrics.read(server);
  assert.equal(after.get('http_requests_broken_total{reason="timeout"}'), FEW);
  assert.equal(after.get("mqtt_client_errors_total"), 0);
});

function overTcp(t: TestContext, { mqtt }: RunningServer): Socket {
  const socket = connect(mqtt.port, mqtt.host).setNoDelay(true);
  t.after(() => socket.destroy());
  return socket;
}
