import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { Program } from "./program.js";

const BEFORE = 500;

test("a backup that is taken while messages come has all that were acknowledged before, in order, and serves", async (t) => {
  const server = await startServer(t);
  const away = await connect(t, server.mqttUrl, { clean: false, clientId: "away" });
  await away.subscribe("flow/#", 1);
  await away.end();
  const publisher = await connect(t, server.mqttUrl);
  await publisher.publish("flow/state", "retained", 1, true);
  let next = 0;
  const publish = () => publisher.publish("flow/n", String(next++), 1);
  for (let count = 0; count < BEFORE; count++) await publish();

  const home = await temporaryDirectory(t, "backup");
  const data = join(home, "copy");
  const backup = new Program(t, ["store", "backup", data, "--data", server.data]);
  let isOver = false;
  const ended = backup.exited().then((code) => {
    isOver = true;
    return code;
  });
  while (!isOver) await publish();
  assert.equal(await ended, 0, backup.stderr);
  await publish();

  const second = await startServer(t, { data });
  const back = await connect(t, second.mqttUrl, { clean: false, clientId: "away" });
  assert.equal(back.sessionPresent, true);
  await back.messages(1 + BEFORE);
  const end = await connect(t, second.mqttUrl);
  await end.publish("flow/n", "end", 1);
  while (!back.payloads.includes("end")) await back.messages(back.payloads.length + 1);
  const numbers = back.payloads.slice(1, -1).map(Number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index),
  );
  assert.ok(numbers.length >= BEFORE && numbers.length < next, `${numbers.length} of ${next}`);
  const reader = await connect(t, second.mqttUrl);
  await reader.subscribe("flow/state");
  await reader.messages(1);
  assert.deepEqual(reader.payloads, ["retained"]);
});
