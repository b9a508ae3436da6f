import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LevelStore } from "../../src/storage/level/level-store.js";
import { connect } from "../helpers/mqtt.js";
import { RawMqtt } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";

const ROUNDS = 40;
const TOPIC = "wills";

const will = (payload: string) => ({
  topic: TOPIC,
  payload: Buffer.from(payload),
  qos: 1 as const,
  retain: false,
});

/** The kill is to fall while the second connection takes over from the first. */
async function killDuring(server: RunningServer, afterMs: number): Promise<void> {
  const begun = performance.now();
  while (performance.now() - begun < afterMs) await nextTurn();
  await server.kill();
}

async function onDisk({ data }: RunningServer): Promise<{ wills: string[]; queued: string[] }> {
  const store = new LevelStore({ directory: data });
  await store.open();
  const wills: string[] = [];
  for await (const { payload } of store.wills()) wills.push(payload.toString());
  const queued: string[] = [];
  for await (const { clientId, queue } of store.sessions())
    if (clientId === "away")
      for (const { message } of await queue.read(0, 10)) queued.push(message.payload.toString());
  await store.close();
  return { wills, queued };
}

async function takeOver(t: TestContext, round: number) {
  const server = await startServer(t);
  const away = await connect(t, server.mqttUrl, { clean: false, clientId: "away" });
  await away.subscribe(TOPIC, 1);
  await away.end();
  await RawMqtt.connect(t, server, { clientId: "device", will: will("first") });
  const second = RawMqtt.connect(t, server, { clientId: "device", will: will("second") }).catch(
    () => undefined,
  );
  await killDuring(server, 1 + (round % 20) * 0.5);
  await second;
  return onDisk(server);
}

test("a kill during a take-over: the first connection's will is stored or published, never both and never neither", async (t) => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { wills, queued } = await takeOver(t, round);
    const first = [...wills, ...queued].filter((payload) => payload === "first");
    assert.equal(first.length, 1, `round ${round}: stored [${wills}], published [${queued}]`);
    assert.ok(wills.length <= 1 && !queued.includes("second"), `round ${round}: stored [${wills}]`);
    seen.add(queued.length > 0 ? "after" : "before");
  }
  assert.deepEqual(seen, new Set(["before", "after"]), "kills fell on both sides of the publication");
});
