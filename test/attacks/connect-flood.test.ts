import assert from "node:assert/strict";
import { test } from "node:test";
import { pace } from "../faults/support/pace.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { metricsOf } from "./support/metrics.js";
import { RawHttp, request } from "./support/raw-http.js";
import { besiege } from "./support/siege.js";
import { knock, type Reception } from "./support/stranger.js";

const MIB = 1024 ** 2;
const PER_SECOND = 2_000;
const SECONDS = 3;
const AT_ONCE = 500;
/** New connections a second. A fifth of a minute's may come at once. */
const RATE = 20;
const BURST = RATE * 12;
/** Where the well-behaved are. */
const ELSEWHERE = "127.0.0.2";
/** What somebody there waits at most for being let in. */
const PATIENCE_MS = 500;
const BUSY_PATIENCE_MS = 10_000;

test("thousands of connections a second of one address are refused unread, and others get in at once", async (t) => {
  const server = await startServer(t, { config: { limits: { connectRate: `${RATE}/s` } } });
  const outcomes = new Map<Reception, number>();
  const waits: number[] = [];
  const options = {
    memory: 96 * MIB,
    neighbours: { localAddress: ELSEWHERE },
    lines: BURST + 2 * 10 * RATE + 100,
  };
  const siege = await besiege(t, server, options, async () => {
    const others = setInterval(async () => {
      const began = performance.now();
      assert.equal(await knock(server, { localAddress: ELSEWHERE }), 0);
      waits.push(performance.now() - began);
    }, 200);
    await flood(server, outcomes).finally(() => clearInterval(others));
  });
  const refused = siege.rise("connections_refused_total");
  t.diagnostic(
    `outcomes ${JSON.stringify([...outcomes])}; others waited ${Math.round(Math.max(...waits))} ms at most`,
  );
  const mostLetIn = BURST + 1 + (RATE * siege.time) / 1_000;
  assert.ok((outcomes.get(0) ?? 0) <= mostLetIn, `${outcomes.get(0)} were let in`);
  assert.ok((outcomes.get("closed") ?? 0) >= PER_SECOND, `${outcomes.get("closed")} were refused`);
  assert.ok(refused >= (outcomes.get("closed") ?? 0));
  assert.ok(siege.after.get('connections_refused_total{reason="address_rate"}') > 0);
  const patience = siege.isBusy ? BUSY_PATIENCE_MS : PATIENCE_MS;
  assert.ok(waits.length > 5 && Math.max(...waits) < patience);
});

test("one address holds no more connections than limits.connectionsPerAddress, over all listeners", async (t) => {
  const most = 50;
  const server = await startServer(t, { config: { limits: { connectionsPerAddress: most } } });
  const options = { memory: 64 * MIB, neighbours: { localAddress: ELSEWHERE } };
  const siege = await besiege(t, server, options, async () => {
    // None of these say anything; they stay until the test ends.
    const held = await Promise.all(Array.from({ length: most }, () => RawHttp.open(t, server)));
    assert.equal(held.filter(({ isClosed }) => isClosed).length, 0);
    await Promise.all(
      Array.from({ length: 1_000 }, async () =>
        assert.equal(await knock(server), "closed", "the same address"),
      ),
    );
    assert.equal(await knock(server, { localAddress: ELSEWHERE }), 0);
    for (const { socket } of held) socket.end(request("GET /healthz", "Host: a", "Connection: close"));
    await Promise.all(held.map(({ closed }) => closed));
    assert.equal(await knock(server), 0, "there is room again");
  });
  assert.ok(siege.after.get('connections_refused_total{reason="address_connections"}') >= 1_000);
  assert.ok((await metricsOf(server)).get("tracked_addresses") < 10);
});

async function flood(server: RunningServer, outcomes: Map<Reception, number>): Promise<void> {
  let answered = 0;
  const under: Promise<void>[] = [];
  const attempt = async () => {
    const reception = await knock(server);
    answered++;
    outcomes.set(reception, (outcomes.get(reception) ?? 0) + 1);
  };
  const send = (i: number) => {
    if (i - answered < AT_ONCE) under.push(attempt());
    else answered++;
  };
  await pace(PER_SECOND * SECONDS, PER_SECOND, send, () => answered);
  await Promise.all(under);
}

test("clients that come and go without end, and may, fill no log", async (t) => {
  const server = await startServer(t);
  const outcomes = new Map<Reception, number>();
  const siege = await besiege(t, server, { memory: 96 * MIB, lines: 2_050 }, () => flood(server, outcomes));
  assert.ok((outcomes.get(0) ?? 0) > 1_500, `${outcomes.get(0)} were let in`);
  assert.equal(siege.rise("mqtt_connections_accepted_total"), outcomes.get(0));
});
