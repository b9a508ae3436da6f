import assert from "node:assert/strict";
import { test } from "node:test";
import { channels, WebhookGround } from "./ground.js";
import { Receiver, type Request, status } from "./receiver.js";

const idsOf = (requests: readonly Request[]) => requests.map(({ id }) => id);

test("a receiver that is away gets everything when it is back, in order", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { events: 10, delay: 0 } }));
  const expected = ground.emit(5);
  await ground.until(() => ground.stats().sent === 5);
  await receiver.close();
  expected.push(...ground.emit(50, 6));
  await ground.until(() => ground.stats().failures >= 3);
  assert.ok(ground.stats().failing);
  expected.push(...ground.emit(5, 56));
  await receiver.open();
  await receiver.until(() => receiver.taken.length === 60);
  assert.deepEqual(receiver.texts, expected);
  await ground.until(() => !ground.stats().failing);
  const [line] = ground.lines.filter(({ msg }) => msg.endsWith("did not take a batch"));
  assert.equal(line?.webhook, "hook");
  assert.match(String(line?.reason), /ECONNREFUSED/);
  assert.ok(ground.lines.some(({ msg }) => msg === "a webhook's receiver takes events again"));
  for (const each of ground.lines)
    assert.ok(!JSON.stringify(each).includes("key=value"), "the address is not told");
});

test("a receiver that fails gets the same batch again, with another time and signature, until it takes it", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { events: 2, delay: 0 } }));
  const failures = [500, 502, 503, 429, 408, 599, 500, 500];
  receiver.answer = (request, response) =>
    status(failures[receiver.requests.length - 1] ?? 200)(request, response);
  const expected = ground.emit(4);
  await receiver.until(() => receiver.taken.length === 4);
  assert.deepEqual(receiver.texts, expected);
  const tries = receiver.requests.slice(0, 9);
  assert.equal(new Set(idsOf(tries)).size, 1);
  for (const { events } of tries) assert.deepEqual(events, tries[0]?.events);
  assert.ok(new Set(tries.map(({ sent }) => sent)).size > 1);
  assert.notEqual(receiver.requests[9]?.id, tries[0]?.id);
  assert.deepEqual([ground.stats().failures, ground.stats().refused], [8, 0]);
  assert.equal(ground.lines.find(({ status }) => status === 502)?.answer, "as told");
});

test("the receiver may ask for a longer pause, but not for one beyond the bound", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(
    t,
    channels(receiver, { retry: { min: "1ms", max: "300ms" }, batch: { delay: 0 } }),
  );
  const asked = [
    undefined,
    "0",
    "3600",
    "Fri, 31 Dec 2999 23:59:59 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "soon",
  ];
  const times: number[] = [];
  receiver.answer = (request, response) => {
    times.push(performance.now());
    const header = asked[times.length - 1];
    if (times.length > asked.length) status(200)(request, response);
    else status(503, header === undefined ? {} : { "retry-after": header })(request, response);
  };
  ground.emit(1);
  await receiver.until(() => receiver.taken.length === 1);
  const pauses = ground.lines.map(({ pauseMs }) => Number(pauseMs)).filter((pause) => !Number.isNaN(pause));
  assert.deepEqual(
    pauses.map((pause) => pause === 300),
    [false, false, true, true, false, false],
    pauses.join(),
  );
  for (const [index, pause] of pauses.entries())
    assert.ok((times[index + 1] ?? 0) - (times[index] ?? 0) >= pause - 2, `${index}: ${pause}`);
});

test("a receiver that hangs is not waited for longer than the timeout, and others have what they need", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { timeout: "50ms" }));
  receiver.answer = (request, response) => {
    if (receiver.requests.length > 2) status(200)(request, response);
  };
  ground.emit(1);
  await receiver.until(() => receiver.taken.length === 1);
  assert.deepEqual([receiver.requests.length, ground.stats().failures], [3, 2]);
  assert.equal(new Set(idsOf(receiver.requests)).size, 1);
  assert.ok(ground.lines.some(({ reason }) => reason === "no answer within 50 ms"));
});

test("a batch that is refused again and again is given up, and those after it are sent", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { events: 1, delay: 0 } }));
  receiver.answer = (request, response) =>
    status(request.events[0]?.data.channel === "2" ? 400 : 200)(request, response);
  ground.emit(4);
  await receiver.until(() => receiver.taken.length === 3);
  assert.deepEqual(receiver.texts, ["1", "3", "4"]);
  assert.equal(receiver.requests.length, 3 + 3, "it was tried as often as retry.refusals says");
  await ground.until(() => ground.stats().waiting === 0);
  const { refused, sent, dropped, failures } = ground.stats();
  assert.deepEqual([refused, sent, dropped, failures], [1, 3, 0, 3]);
  const told = ground.lines.filter(({ msg }) => msg.endsWith("its events are given up"));
  assert.deepEqual(
    told.map(({ webhook, status: code, events, batch }) => [webhook, code, events, batch]),
    [["hook", 400, 1, receiver.requests[1]?.id]],
  );
});

test("failures of other kinds do not count as refusals", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver));
  const answers = [403, 500, 429, 403, 503, 408, 500];
  receiver.answer = (request, response) =>
    status(answers[receiver.requests.length - 1] ?? 200)(request, response);
  ground.emit(1);
  await receiver.until(() => receiver.taken.length === 1);
  assert.equal(receiver.requests.length, 8);
});

test("a redirect is not followed: it is a refusal", async (t) => {
  const [receiver, elsewhere] = [await Receiver.start(t), await Receiver.start(t)];
  const ground = await WebhookGround.start(t, channels(receiver));
  const codes = [301, 307, 308];
  receiver.answer = (request, response) =>
    status(codes[receiver.requests.length - 1] ?? 200, { location: elsewhere.url })(request, response);
  ground.emit(1);
  await ground.until(() => ground.stats().refused === 1);
  assert.deepEqual([receiver.requests.length, elsewhere.connections], [3, 0]);
});

test("an idle connection that turns out to be closed when it is used again is no failure", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { delay: 0 } }));
  const used = new WeakSet<object>();
  receiver.answer = (request, response) => {
    const socket = response.socket ?? assert.fail();
    if (used.has(socket)) socket.resetAndDestroy();
    else status(200)(request, response);
    used.add(socket);
  };
  for (let round = 1; round <= 10; round++) {
    ground.emit(1, round);
    await ground.until(() => ground.stats().sent === round);
  }
  assert.equal(ground.stats().failures, 0);
  assert.ok(receiver.requests.length > 10, "none was used again");
});

test("a receiver that is slow gets everything; nobody waits for it", async (t) => {
  const receiver = await Receiver.start(t);
  const ground = await WebhookGround.start(t, channels(receiver, { batch: { events: 100, delay: 0 } }));
  const waiting: (() => void)[] = [];
  receiver.answer = (request, response) => void waiting.push(() => status(200)(request, response));
  const expected = ground.emit(1_000);
  const begin = performance.now();
  assert.equal(ground.stats().waiting, 1_000);
  while (receiver.taken.length < 1_000) {
    await receiver.until(() => waiting.length > 0);
    assert.equal(waiting.length, 1, "one request at a time");
    waiting.pop()?.();
    const { length } = receiver.taken;
    await receiver.until(() => receiver.taken.length > length);
  }
  assert.deepEqual(receiver.texts, expected);
  t.diagnostic(`${Math.round(performance.now() - begin)} ms`);
});
