import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type Carrier, numbered, numberOf, RawMqtt, type RawOptions } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { Metrics } from "./support/metrics.js";
import { poll } from "./support/poll.js";
import { socketsOf } from "./support/process.js";

/** The shortest keep-alive that there is, in seconds. */
const KEEP_ALIVE = 1;
/** [MQTT-3.1.2-24] */
const ALLOWED_MS = 1_500 * KEEP_ALIVE;
/** How much later than that is still in time, on a busy machine. */
const GRACE_MS = 3_000;
const TICK_MS = 300;
const CARRIERS: readonly Carrier[] = ["tcp", "ws"];

interface Watched {
  readonly server: RunningServer;
  readonly watcher: RawMqtt;
  /** Connects a client with a keep-alive and a will. */
  readonly connect: (options: RawOptions) => Promise<RawMqtt>;
  /** Waits for the client's will. */
  readonly will: (client: RawMqtt) => Promise<void>;
}

async function setUp(t: TestContext): Promise<Watched> {
  const server = await startServer(t);
  const watcher = await RawMqtt.connect(t, server, { answers: true });
  await watcher.subscribe({ "will/#": 1 });
  const has = ({ clientId }: RawMqtt) => watcher.received.some(({ text }) => text === clientId);
  return {
    server,
    watcher,
    connect: (options) => {
      const { clientId = "" } = options;
      const will = { topic: `will/${clientId}`, payload: clientId, qos: 1 } as const;
      return RawMqtt.connect(t, server, { keepalive: KEEP_ALIVE, will, ...options });
    },
    will: (client) => watcher.until(() => has(client), `the will of ${client.clientId}`),
  };
}

/** Calls `action` at intervals shorter than the keep-alive until the test ends. */
function regularly(t: TestContext, action: () => void): () => void {
  const timer = setInterval(action, TICK_MS);
  const stop = () => clearInterval(timer);
  t.after(stop);
  return stop;
}

function assertInTime(since: number): void {
  const elapsed = performance.now() - since;
  assert.ok(elapsed >= ALLOWED_MS, `closed after ${elapsed} ms, before its time was up`);
  assert.ok(elapsed <= ALLOWED_MS + GRACE_MS, `closed only after ${elapsed} ms`);
}

// They wait most of the time.
describe("keep-alive", { concurrency: 4 }, () => {
  for (const carrier of CARRIERS) {
    test(`over ${carrier}, a client that vanishes is closed after one and a half keep-alives, its will is published, its socket given back [MQTT-3.1.2-24]`, async (t) => {
      const { server, watcher, connect, will } = await setUp(t);
      const sockets = await socketsOf(server);
      const since = performance.now();
      const gone = await connect({ carrier, clientId: "gone" });
      gone.pause(); // it neither reads nor ends, so the server never hears of it again
      await will(gone);
      assertInTime(since);
      const line = await server.logged(
        ({ msg, client }) => msg === "client disconnected" && client === "gone",
      );
      assert.equal(line.reason, "keep alive timeout");
      await poll(
        async () => (await socketsOf(server)) <= sockets,
        () => "the socket is closed although the client never answers",
      );
      assert.equal((await Metrics.read(server)).get("mqtt_connections"), 1);
      assert.equal(watcher.received.length, 1, "one will");
    });

    test(`over ${carrier}, a client that vanishes while messages pile up for it is closed all the same`, async (t) => {
      const { server, watcher, connect, will } = await setUp(t);
      const gone = await connect({ carrier, clientId: "gone" });
      const since = performance.now();
      await gone.subscribe({ "flood/#": 0 });
      gone.pause();
      // More than the kernel and the outbox hold.
      for (let i = 0; i < 1_500; i++) watcher.publish("flood/it", numbered(i, 10_000));
      await will(gone);
      assertInTime(since);
      const line = await server.logged(
        ({ msg, client }) => msg === "client disconnected" && client === "gone",
      );
      assert.equal(line.reason, "keep alive timeout");
      await Metrics.until(server, (now) => now.get("mqtt_connections") === 1, "the connection is gone");
    });
  }

  test("a client that only publishes is not closed while it does, and is closed when it stops [MQTT-3.1.2-23]", async (t) => {
    const { connect, will, watcher } = await setUp(t);
    const [publisher, yardstick] = [
      await connect({ clientId: "publisher" }),
      await connect({ clientId: "yardstick" }),
    ];
    let sent = 0;
    const stop = regularly(t, () => {
      publisher.publish("will/not", `${sent++}`);
    });
    await will(yardstick); // it sends nothing
    await will(await connect({ clientId: "second yardstick" }));
    stop();
    const last = performance.now();
    await publisher.ping();
    assert.equal(publisher.isClosed, false);
    await will(publisher);
    assertInTime(last);
    const numbers = watcher.received.filter(({ topic }) => topic === "will/not").map(numberOf);
    assert.deepEqual(
      numbers,
      Array.from({ length: sent }, (_, i) => i),
    );
  });

  test("acknowledgements are signs of life: a client that sends nothing else is not closed, one that only receives is", async (t) => {
    const { server, connect, will, watcher } = await setUp(t);
    const acknowledging = await connect({ clientId: "acknowledging", answers: true });
    const exactly = await connect({ clientId: "exactly once", answers: true });
    const silent = await connect({ clientId: "silent" });
    await acknowledging.subscribe({ tick: 1 });
    await exactly.subscribe({ tick: 2 });
    const since = performance.now();
    await silent.subscribe({ tick: 1 });
    const stop = regularly(t, () => watcher.publish("tick", "", 2));
    await will(silent);
    assertInTime(since);
    assert.ok(silent.received.length > 0, "it received all the while");
    const line = await server.logged(
      ({ msg, client }) => msg === "client disconnected" && client === "silent",
    );
    assert.equal(line.reason, "keep alive timeout");
    await will(await connect({ clientId: "yardstick" }));
    stop();
    await Promise.all([acknowledging.ping(), exactly.ping()]);
    assert.deepEqual([acknowledging.isClosed, exactly.isClosed], [false, false]);
  });

  test("receiving QoS 0 is no sign of life: a client that only receives is closed", async (t) => {
    const { connect, will, watcher } = await setUp(t);
    const silent = await connect({ clientId: "silent" });
    const since = performance.now();
    await silent.subscribe({ tick: 0 });
    regularly(t, () => watcher.publish("tick", ""));
    await will(silent);
    assertInTime(since);
    assert.ok(silent.received.length >= 3, `it received ${silent.received.length} messages`);
  });

  test("a client with keep-alive 0 is never closed for its silence [MQTT-3.1.2-22]", async (t) => {
    const { connect, will } = await setUp(t);
    const patient = await connect({ clientId: "patient", keepalive: 0 });
    for (const clientId of ["first", "second"]) await will(await connect({ clientId }));
    await patient.ping();
    assert.equal(patient.isClosed, false);
  });
});
