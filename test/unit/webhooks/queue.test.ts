import assert from "node:assert/strict";
import { test } from "node:test";
import { channels, WebhookGround } from "./ground.js";
import { Receiver, status } from "./receiver.js";

test("what a receiver did not take survives restarts, in order, with the same batch as long as nothing is added", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { events: 40, delay: 0 } }));
  receiver.answer = status(500);
  const expected = ground.emit(100);
  for (let restarts = 0; restarts < 3; restarts++) {
    const { length } = receiver.requests;
    await receiver.until(() => receiver.requests.length > length);
    assert.deepEqual(await ground.stored(), { "webhook:hook": 100 + restarts * 10 });
    await ground.stop();
    expected.push(...Array.from({ length: 10 }, (_, index) => `${101 + restarts * 10 + index}`));
    await ground.start();
    assert.equal(ground.stats().waiting, 100 + restarts * 10);
    ground.emit(10, 101 + restarts * 10);
  }
  assert.equal(new Set(receiver.requests.map(({ id }) => id)).size, 1);
  receiver.answer = status(200);
  await receiver.until(() => receiver.taken.length === 130);
  assert.deepEqual(receiver.texts, expected);
  assert.equal(new Set(receiver.taken.map(({ id }) => id)).size, 130);
  await ground.until(() => ground.stats().waiting === 0);
  assert.deepEqual(await ground.stored(), {});
  const told = ground.lines.filter(({ msg }) => msg === "a webhook goes on with events of before the start");
  assert.deepEqual(
    told.map(({ webhook, events }) => [webhook, events]),
    [
      ["hook", 100],
      ["hook", 110],
      ["hook", 120],
    ],
  );
});

test("what was taken does not come again after a restart, and new events follow", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver));
  for (let round = 0; round < 4; round++) {
    ground.emit(25, round * 25 + 1);
    await ground.until(() => ground.stats().sent === 25);
    await ground.stop();
    await ground.start();
  }
  assert.deepEqual(
    receiver.texts,
    Array.from({ length: 100 }, (_, index) => `${index + 1}`),
  );
});

test("at the bound of events the oldest are dropped, counted and told, in memory and in the store", async (t) => {
  const receiver = await Receiver.start(t);
  await receiver.close();
  const ground = await WebhookGround.start(
    t,
    channels(receiver, { queue: { events: 50 }, batch: { events: 10, delay: 0 } }),
  );
  ground.emit(300);
  const { waiting, dropped, events } = ground.stats();
  assert.deepEqual([waiting, dropped, events], [50, 250, 300]);
  assert.deepEqual(await ground.stored(), { "webhook:hook": 50 });
  assert.ok(
    ground.lines.some(({ msg }) => msg === "a webhook's queue is full: the oldest events are dropped"),
  );
  await ground.stop();
  await ground.start();
  await receiver.open();
  await receiver.until(() => receiver.taken.length === 50);
  assert.deepEqual(
    receiver.texts,
    Array.from({ length: 50 }, (_, index) => `${251 + index}`),
  );
});

test("events that give way while they are being sent are not sent again", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(
    t,
    channels(receiver, { queue: { events: 20 }, batch: { events: 10, delay: 0 } }),
  );
  receiver.answer = status(503);
  ground.emit(20);
  await receiver.until(() => receiver.requests.length > 1);
  ground.emit(5, 21);
  receiver.answer = status(200);
  await receiver.until(() => receiver.taken.length >= 20);
  const expected = Array.from({ length: 20 }, (_, index) => `${6 + index}`);
  // A try that was on its way may still have been taken whole.
  assert.deepEqual(receiver.texts.slice(-20), expected);
  await ground.until(() => ground.stats().waiting === 0);
  assert.equal(ground.stats().dropped, 5);
});

test("at the bound of bytes the oldest are dropped, and an event that can never fit is", async (t) => {
  const receiver = await Receiver.start(t);
  await receiver.close();
  const ground = await WebhookGround.start(t, {
    url: receiver.url,
    events: ["message"],
    topics: ["#"],
    queue: { size: "100KiB" },
    batch: { delay: 0 },
  });
  ground.bus.send("t", "x".repeat(200_000));
  assert.deepEqual([ground.stats().waiting, ground.stats().dropped], [0, 1]);
  for (let number = 0; number < 50; number++) ground.bus.send(`t/${number}`, "x".repeat(10_000));
  const { waiting, waitingBytes, dropped } = ground.stats();
  assert.deepEqual([waiting, dropped], [10, 41]);
  assert.ok(waitingBytes <= 100 * 1024 && waitingBytes > 100_000);
  await receiver.open();
  await receiver.until(() => receiver.taken.length === 10);
  assert.deepEqual(
    receiver.taken.map(({ data }) => data.topic),
    Array.from({ length: 10 }, (_, index) => `t/${40 + index}`),
  );
});

test("a queue that is larger than the configuration allows now gives up its oldest events", async (t) => {
  const receiver = await Receiver.start(t);
  await receiver.close();
  const ground = await WebhookGround.start(t, channels(receiver));
  ground.emit(100);
  await ground.stop();
  await ground.start([channels(receiver, { queue: { events: 5 } })]);
  assert.deepEqual([ground.stats().waiting, ground.stats().dropped], [5, 95]);
  assert.deepEqual(await ground.stored(), { "webhook:hook": 5 });
});

test("what waited for a webhook that is gone is dropped at the start, and that is told; others keep theirs", async (t) => {
  const receiver = await Receiver.start(t);
  await receiver.close();
  const ground = await WebhookGround.start(
    t,
    channels(receiver, { name: "old" }),
    channels(receiver, { name: "stays" }),
  );
  ground.store.append("something else", 1, Buffer.from("x"));
  ground.emit(7);
  await ground.stop();
  await ground.start([channels(receiver, { name: "stays" }), channels(receiver, { name: "new" })]);
  assert.deepEqual(await ground.stored(), { "something else": 1, "webhook:stays": 7 });
  const [line] = ground.lines.filter(({ msg }) => msg.includes("has this webhook no longer"));
  assert.deepEqual([line?.webhook, line?.events], ["old", 7]);
});

test("a store that does not keep up gets nothing more to write; the receiver is told all the same", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, {
    url: receiver.url,
    events: ["message"],
    topics: ["#"],
    queue: { size: "1GiB" },
    batch: { delay: 0, size: "10MiB" },
  });
  const payload = "x".repeat(1024 * 1024);
  for (let number = 0; number < 80; number++) ground.bus.send(`${number}`, payload);
  const { unstored, events } = ground.stats();
  assert.ok(events === 80 && unstored > 10 && unstored < 30, `${unstored} of ${events}`);
  await receiver.until(() => receiver.taken.length === 80);
  assert.deepEqual(
    receiver.taken.map(({ data }) => data.topic),
    Array.from({ length: 80 }, (_, index) => `${index}`),
  );
  await ground.until(() => ground.stats().waiting === 0);
  assert.deepEqual(await ground.stored(), {});
});

test("events that were damaged or lost in the store are left out, and the others come", async (t) => {
  const receiver = await Receiver.start(t);
  await receiver.close();
  const ground = await WebhookGround.start(t, channels(receiver));
  ground.emit(10);
  await ground.stop();
  await ground.damage([3, 10]);
  await receiver.open();
  await ground.start();
  ground.emit(1, 11);
  await receiver.until(() => receiver.taken.length === 9);
  assert.deepEqual(receiver.texts, ["1", "2", "4", "5", "6", "7", "8", "9", "11"]);
  await ground.until(() => ground.stats().waiting === 0);
  assert.deepEqual(await ground.stored(), {});
});
