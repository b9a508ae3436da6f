import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { SubscribedContext } from "centrifuge";
import { WebSocket } from "ws";
import { connectClient, event, Listening } from "./support/client.js";
import { cuttable } from "./support/cuttable.js";
import { encoding } from "./support/encoding.js";
import { eventually } from "./support/eventually.js";
import { answer, errorOf, type Heard, heard, publications, pushes } from "./support/heard.js";
import { RawClient } from "./support/raw-client.js";
import { startServer, type TestOptions, type TestServer } from "./support/server.js";

const log = { channel: "log", topics: ["log/#"], history: { size: 100, ttl: 60_000 } };
const device = { channel: "device:{id}", topics: ["devices/{id}/#"], history: { size: 100, ttl: 60_000 } };
/** More than a page of what was missed is in a few of these. */
const LARGE = 10_000;

function send(server: TestServer, from: number, to: number, size = 0, topic = "log/a"): void {
  for (let n = from; n <= to; n++) server.bus.send(topic, JSON.stringify({ n, filler: "x".repeat(size) }));
}

function numberOf({ data }: { readonly data?: unknown }): number {
  return (data as { n: number }).n;
}

function upTo(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** The reference client on a channel, with a socket that can be cut. */
async function listen(t: TestContext, url: string, channel = "log") {
  const { websocket, cut, current } = cuttable();
  const client = await connectClient(t, url, { websocket });
  const listening = await Listening.begin(client, channel);
  const { subscription } = listening;
  const again = (): Promise<SubscribedContext> => event(subscription, "subscribed");
  return {
    client,
    listening,
    subscription,
    cut,
    current,
    again,
    numbers: () => listening.publications.map(numberOf),
  };
}

test("after a cut the client is given what it missed, once and in order, and told so", async (t) => {
  const server = await startServer(t, { channels: [log] });
  const { listening, cut, again, numbers } = await listen(t, server.url);
  send(server, 1, 3);
  await listening.received(3);
  const subscribed = again();
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  send(server, 4, 9);
  const { wasRecovering, recovered, recoverable, positioned } = await subscribed;
  assert.deepEqual([wasRecovering, recovered, recoverable, positioned], [true, true, true, true]);
  send(server, 10, 11);
  await listening.received(11);
  assert.deepEqual(numbers(), upTo(1, 11));
  assert.deepEqual(
    listening.publications.map(({ offset }) => offset),
    upTo(1, 11),
  );
});

test("what the history no longer holds is not recovered, and the client is told", async (t) => {
  const server = await startServer(t, { channels: [{ ...log, history: { size: 5, ttl: 60_000 } }] });
  const { listening, cut, again, numbers } = await listen(t, server.url);
  send(server, 1, 3);
  await listening.received(3);
  const subscribed = again();
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  send(server, 4, 9);
  const { wasRecovering, recovered, streamPosition } = await subscribed;
  assert.deepEqual([wasRecovering, recovered, streamPosition?.offset], [true, false, 9]);
  send(server, 10, 11);
  await listening.received(5);
  assert.deepEqual(numbers(), [1, 2, 3, 10, 11]);
});

test("a history that just reaches back is enough", async (t) => {
  const server = await startServer(t, { channels: [{ ...log, history: { size: 5, ttl: 60_000 } }] });
  const { listening, cut, again, numbers } = await listen(t, server.url);
  send(server, 1, 3);
  await listening.received(3);
  const subscribed = again();
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  send(server, 4, 8);
  assert.equal((await subscribed).recovered, true);
  await listening.received(8);
  assert.deepEqual(numbers(), upTo(1, 8));
});

test("one who comes back to a channel where nothing happened has missed nothing", async (t) => {
  const server = await startServer(t, { channels: [log, device], bridge: { linger: 0 } });
  for (const channel of ["log", "device:7"]) {
    const { client, cut, again } = await listen(t, server.url, channel);
    const subscribed = again();
    cut();
    await eventually(() => server.bridge.stats().subscribers === 0, "the subscription is gone");
    const { wasRecovering, recovered } = await subscribed;
    assert.deepEqual([channel, wasRecovering, recovered], [channel, true, true]);
    client.disconnect();
    await eventually(() => server.bridge.stats().subscribers === 0, "it is alone");
  }
});

test("a family's channel that lost its only listener is recovered too", async (t) => {
  const server = await startServer(t, { channels: [device] });
  const { listening, cut, again, numbers } = await listen(t, server.url, "device:7");
  const subscribed = again();
  cut();
  await eventually(() => server.bridge.stats().channels === 0, "the channel is closed");
  send(server, 1, 3, 0, "devices/7/a");
  send(server, 99, 99, 0, "devices/8/a");
  assert.equal((await subscribed).recovered, true);
  await listening.received(3);
  assert.deepEqual(numbers(), upTo(1, 3));
});

test("positions of another server mean nothing", async (t) => {
  const first = await startServer(t, { channels: [log] });
  const second = await startServer(t, { channels: [log] });
  let port = first.port;
  class Redirected extends WebSocket {
    constructor(_url: string, protocols?: string[]) {
      super(`ws://127.0.0.1:${port}/connection/websocket`, protocols);
    }
  }
  const client = await connectClient(t, first.url, { websocket: Redirected });
  const listening = await Listening.begin(client, "log");
  send(first, 1, 3);
  send(second, 1, 5);
  await listening.received(3);
  const subscribed = event(listening.subscription, "subscribed");
  port = second.port;
  await first.gateway.close(1_000);
  const { wasRecovering, recovered } = await subscribed;
  assert.deepEqual([wasRecovering, recovered], [true, false]);
  send(second, 6, 6);
  await listening.received(4);
  assert.deepEqual(listening.publications.map(numberOf), [1, 2, 3, 6]);
});

test("a history that was given up for want of room is not recovered", async (t) => {
  const server = await startServer(t, { channels: [device], bridge: { maxHistorySize: 10_000 } });
  const { listening, cut, again } = await listen(t, server.url, "device:7");
  send(server, 1, 2, 0, "devices/7/a");
  await listening.received(2);
  const subscribed = again();
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  for (const id of [1, 2, 3, 4, 5]) send(server, 1, 1, 3_000, `devices/${id}/a`);
  const { wasRecovering, recovered } = await subscribed;
  assert.deepEqual([wasRecovering, recovered], [true, false]);
  assert.ok(server.bridge.stats().historyDropped >= 2);
});

/** A session that recovers from a position. */
async function recover(t: TestContext, server: TestServer, offset: number, extra: object = {}) {
  const client = await RawClient.connect(t, server.url);
  client.command({ id: 2, history: { channel: "log" } });
  const { epoch } = await answer(client, 2);
  const ask = { channel: "log", recover: true, epoch, offset, ...extra };
  return { client, epoch, ask: () => client.command({ id: 3, subscribe: ask }) };
}

/** What a session was given of a channel, in the answer and after it. */
async function given(client: RawClient, id: number, count: number): Promise<Heard[]> {
  const first = ((await answer(client, id)) as { publications?: Heard[] }).publications ?? [];
  return [...first, ...(await heard(client, "log", count - first.length))];
}

const roomy: TestOptions = {
  channels: [{ ...log, history: { size: 5_000, ttl: 60_000 } }],
  gateway: { maxOutboxSize: 256 * 1024 },
};

test("what was missed and what is published meanwhile reach a slow client once and in order", async (t) => {
  const server = await startServer(t, roomy);
  send(server, 1, 1_000, LARGE);
  const { client, ask } = await recover(t, server, 0);
  client.socket.pause();
  ask();
  let next = 1_001;
  const step = async (): Promise<void> => {
    send(server, next, next + 9, LARGE);
    next += 10;
    await new Promise((resolve) => setImmediate(resolve));
  };
  while (next <= 1_300) await step();
  assert.equal(server.bridge.stats().subscribers, 0, "it has not caught up yet");
  client.socket.resume();
  while (next <= 2_000) await step();
  const got = await given(client, 3, 2_000);
  assert.deepEqual(got.map(numberOf), upTo(1, 2_000));
  assert.deepEqual(
    got.map(({ offset }) => offset),
    upTo(1, 2_000),
  );
  assert.equal(server.bridge.stats().subscribers, 1);
  send(server, 2_001, 2_002, LARGE);
  assert.equal((await given(client, 3, 2_002)).length, 2_002);
  assert.deepEqual(server.gateway.stats().disconnects, {}, "however slow it was");
});

test("a client that is still reading what it missed waits in bounded memory", async (t) => {
  const server = await startServer(t, roomy);
  send(server, 1, 3_000, LARGE);
  const { client, ask } = await recover(t, server, 0);
  client.socket.pause();
  const { bytesSent } = server.gateway.stats();
  ask();
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  const sent = server.gateway.stats().bytesSent - bytesSent;
  assert.ok(sent < 15_000_000, `${sent} bytes of 30,000,000 were sent to a client that takes none`);
  client.socket.resume();
  assert.equal((await given(client, 3, 3_000)).length, 3_000);
});

test("several channels are recovered one after the other over one slow socket", async (t) => {
  const channels = [1, 2, 3].map((n) => ({ ...log, channel: `log${n}`, topics: [`log${n}/#`] }));
  const server = await startServer(t, { channels, gateway: { maxOutboxSize: 256 * 1024 } });
  for (const n of [1, 2, 3]) send(server, 1, 90, LARGE, `log${n}/a`);
  const client = await RawClient.connect(t, server.url);
  const results = await Promise.all(
    [1, 2, 3].map(async (n) => {
      client.command({ id: n * 10, history: { channel: `log${n}` } });
      const { epoch } = await answer(client, n * 10);
      client.command({ id: n * 10 + 1, subscribe: { channel: `log${n}`, recover: true, epoch, offset: 10 } });
      const { publications: first } = (await answer(client, n * 10 + 1)) as { publications?: Heard[] };
      const rest = await heard(client, `log${n}`, 80 - (first?.length ?? 0));
      return [...(first ?? []), ...rest].map(numberOf);
    }),
  );
  for (const numbers of results) assert.deepEqual(numbers, upTo(11, 90));
});

test("a history that is cut behind a slow reader ends the subscription with code 2500", async (t) => {
  const server = await startServer(t, {
    channels: [{ ...log, history: { size: 2_000, ttl: 60_000 } }],
    gateway: { maxOutboxSize: 256 * 1024 },
  });
  send(server, 1, 2_000, LARGE);
  const { client, ask } = await recover(t, server, 0);
  client.socket.pause();
  ask();
  await eventually(() => server.gateway.stats().bytesSent > 100_000, "it is in the middle of it");
  send(server, 2_001, 4_100, 10);
  client.socket.resume();
  const end = await client.until(() => pushes(client, "log").find((push) => push.unsubscribe), "the end");
  assert.deepEqual(end.unsubscribe, { code: 2500, reason: "insufficient state" });
  const first = ((await answer(client, 3)) as { publications: Heard[] }).publications;
  const got = [...first, ...publications(client, "log")].map(numberOf);
  assert.deepEqual(got, upTo(1, got.length), "no gap up to there");
  assert.ok(got.length < 2_000);
  const { subscriptions } = server.gateway.stats();
  assert.deepEqual([subscriptions, server.bridge.stats().subscribers], [0, 0]);
  send(server, 4_101, 4_101);
  client.command({ id: 4, subscribe: { channel: "log" } });
  await answer(client, 4);
  send(server, 4_102, 4_102);
  assert.equal(numberOf((await heard(client, "log", got.length - first.length + 1)).at(-1) as Heard), 4_102);
});

test("the reference client subscribes again by itself then, and is told that it has not recovered", async (t) => {
  const server = await startServer(t, {
    channels: [{ ...log, history: { size: 2_000, ttl: 60_000 } }],
    gateway: { maxOutboxSize: 256 * 1024 },
  });
  const { subscription, listening, cut, current, again, numbers } = await listen(t, server.url);
  send(server, 1, 1);
  await listening.received(1);
  const contexts: SubscribedContext[] = [];
  subscription.on("subscribed", (context) => contexts.push(context));
  const subscribed = again();
  cut();
  await eventually(() => server.gateway.stats().sessions === 0, "the session is gone");
  send(server, 2, 2_001, LARGE);
  assert.equal((await subscribed).recovered, true);
  current().pause();
  send(server, 2_002, 4_100, 10);
  const second = again();
  current().resume();
  assert.equal((await second).recovered, false);
  send(server, 5_000, 5_000);
  await eventually(() => numbers().at(-1) === 5_000, "it is live again");
  const before = numbers().slice(0, -1);
  assert.deepEqual(before, upTo(1, before.length));
  assert.deepEqual(
    contexts.map(({ recovered }) => recovered),
    [true, false],
  );
});

test("one who would rather not begin than miss something is refused with code 112, and leaves nothing", async (t) => {
  const server = await startServer(t, { channels: [{ ...log, history: { size: 5, ttl: 60_000 } }] });
  send(server, 1, 10);
  const { client, ask } = await recover(t, server, 2, { flag: 2 });
  ask();
  assert.equal(await errorOf(client, 3), 112);
  assert.deepEqual([server.gateway.stats().subscriptions, server.bridge.stats().subscribers], [0, 0]);
  const near = await recover(t, server, 7, { flag: 2 });
  near.ask();
  assert.deepEqual((await given(near.client, 3, 3)).map(numberOf), [8, 9, 10]);
});

test("a position of the future is no position", async (t) => {
  const server = await startServer(t, { channels: [log] });
  send(server, 1, 10);
  // Protobuf cannot say the last one.
  for (const offset of [11, 2 ** 53, ...(encoding.protobuf ? [] : [Number.MAX_VALUE])]) {
    const { client, ask } = await recover(t, server, offset);
    ask();
    const { recovered, was_recovering, offset: top } = await answer(client, 3);
    assert.deepEqual([was_recovering, recovered, top], [true, false, 10]);
  }
});

test("a channel without history says nothing of positions, and promises nothing", async (t) => {
  const server = await startServer(t);
  const client = await RawClient.connect(t, server.url);
  client.command({ id: 2, subscribe: { channel: "mqtt:a", recover: true, epoch: "e", offset: 1 } });
  assert.deepEqual(await answer(client, 2), { was_recovering: true, recovered: false });
});

test("every recovered message is in the answer or pushed, also when unsubscribed in the middle", async (t) => {
  const server = await startServer(t, roomy);
  send(server, 1, 2_000, LARGE);
  const { client, ask } = await recover(t, server, 0);
  client.socket.pause();
  ask();
  client.command({ id: 4, unsubscribe: { channel: "log" } }, { id: 5, subscribe: { channel: "log" } });
  client.socket.resume();
  await answer(client, 5);
  send(server, 2_001, 2_001);
  await client.until(
    () => publications(client, "log").find((publication) => numberOf(publication) === 2_001),
    "the live one",
  );
  assert.ok(publications(client, "log").length < 1_000, "what it missed was not sent any more");
  assert.equal(server.bridge.stats().subscribers, 1);
});

test("one who was cut off amid the last values is not told that it has recovered, but given them again", async (t) => {
  const both = { ...log, snapshot: true, history: { size: 5_000, ttl: 60_000 } };
  const server = await startServer(t, { channels: [both], gateway: { maxFrameSize: 1024 * 1024 } });
  for (let n = 1; n <= 2_000; n++) send(server, n, n, LARGE, `log/${n}`);
  const { listening, cut, current, again, subscription } = await listen(t, server.url);
  const topics = (): number => new Set(listening.publications.map(({ tags }) => tags?.topic)).size;
  current().pause();
  send(server, 1, 1, 0, "log/live");
  const subscribed = again();
  cut();
  assert.ok(topics() < 2_000, `${topics()} of 2,000 had come`);
  assert.equal((await subscribed).recovered, false);
  await eventually(() => topics() === 2_001, "every topic has a value");
  // When all values are there, the next cut is recovered from.
  send(server, 2, 2, 0, "log/live");
  await eventually(() => listening.publications.some((one) => one.offset === 2_002), "a live one");
  const third = again();
  cut();
  const { recovered } = await third;
  assert.equal(recovered, true);
  assert.equal(subscription.state, "subscribed");
});
