import assert from "node:assert/strict";
import { RawMqtt } from "../../helpers/raw.js";
import type { LogLine, RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import { Metrics } from "./metrics.js";
import { poll } from "./poll.js";

export const AWAY = "away";
/** So that the server gives up on an acknowledgement soon. */
export const STORAGE = { storage: { timeout: "1s" } };

const ERROR = 50;
const ROUND = 20;
/** Larger than what is left of a block that the file system has given out already. */
const LARGE = 20_000;

export interface Fault {
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
  /** What the log says of it. */
  readonly reason: RegExp;
}

/**
 * Publishes before, during and after a time in which the server cannot write, and checks what all sorts of clients
 * see of it. Gives the payloads that were acknowledged for the session that is away all the time, in order.
 */
export async function goThrough(t: Teardown, server: RunningServer, fault: Fault): Promise<string[]> {
  await leaveSession(t, server);
  const acknowledged = await publishKept(t, server, "before");
  const live = await LivePair.connect(t, server);
  await live.flows();

  await fault.begin();
  const names = ["first", "second", "third"];
  const inVain = Promise.all(names.map((name) => publishInVain(t, server, name)));
  await live.flows();
  assert.deepEqual(await inVain, [0, 0, 0], "acknowledged while nothing could be written");
  await live.flows();
  await isTold(server, fault.reason);

  await fault.end();
  await Metrics.until(server, (metrics) => metrics.get("store_failing") === 0, "the store writes again");
  await poll(
    async () => (await fetch(`${server.httpUrl}/readyz`)).status === 200,
    () => "the server is ready again",
  );
  await live.flows();
  return [...acknowledged, ...(await publishKept(t, server, "after"))];
}

/** A session that is kept while its client is away. */
export async function leaveSession(t: Teardown, server: RunningServer): Promise<void> {
  const client = await RawMqtt.connect(t, server, { clientId: AWAY, clean: false });
  await client.subscribe({ "kept/#": 1 });
  await client.end();
}

/** Publishes for the session that is away, and gives what was acknowledged: all of it. */
export async function publishKept(t: Teardown, server: RunningServer, name: string): Promise<string[]> {
  const publisher = await RawMqtt.connect(t, server);
  const payloads = Array.from({ length: ROUND }, (_, number) => `${name} ${number}`);
  for (const payload of payloads) publisher.publish("kept/topic", payload, 1);
  await publisher.allAcknowledged(ROUND);
  await publisher.end();
  return payloads;
}

/** The client comes back: it gets all that was acknowledged, in order; and maybe of what was not. */
export async function comeBack(
  t: Teardown,
  server: RunningServer,
  acknowledged: readonly string[],
): Promise<void> {
  const client = await RawMqtt.connect(t, server, { clientId: AWAY, clean: false, answers: true });
  assert.ok(client.sessionPresent);
  const last = acknowledged.at(-1);
  await client.until(
    () => client.received.some(({ text }) => text === last),
    "the last acknowledged message",
  );
  const wanted = new Set(acknowledged);
  assert.deepEqual(
    client.received.map(({ text }) => text).filter((text) => wanted.has(text)),
    acknowledged,
  );
  await client.ping();
  await client.end();
}

/** The lines that tell of a trouble which needs somebody. */
export function errors(server: RunningServer): LogLine[] {
  return server.log.filter(({ level }) => level >= ERROR);
}

/** Publishes what cannot be kept until the server ends the connection; gives how much of it was acknowledged. */
export async function publishInVain(t: Teardown, server: RunningServer, name: string): Promise<number> {
  const publisher = await RawMqtt.connect(t, server);
  const start = performance.now();
  for (let number = 0; number < ROUND; number++)
    publisher.publish("kept/topic", `${name} ${number}`.padEnd(LARGE), 1);
  await publisher.closed;
  assert.ok(performance.now() - start > 900, "the connection was ended before storage.timeout");
  return publisher.acknowledged.length;
}

async function isTold(server: RunningServer, reason: RegExp): Promise<void> {
  const response = await fetch(`${server.httpUrl}/readyz`);
  assert.equal(response.status, 503);
  assert.match(((await response.json()) as { reason: string }).reason, /\w/);
  assert.equal((await fetch(`${server.httpUrl}/healthz`)).status, 200);
  assert.equal((await Metrics.read(server)).get("store_failing"), 1);
  const lines = errors(server).map((line) => JSON.stringify(line));
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0] ?? "", reason);
  assert.ok(lines[0]?.includes(server.data), "the line names the data directory");
}

/** A publisher and a subscriber for whom nothing is kept: they are to notice nothing. */
class LivePair {
  readonly #publisher: RawMqtt;
  readonly #subscriber: RawMqtt;
  #sent = 0;

  private constructor(publisher: RawMqtt, subscriber: RawMqtt) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
  }

  static async connect(t: Teardown, server: RunningServer): Promise<LivePair> {
    const subscriber = await RawMqtt.connect(t, server, { answers: true });
    await subscriber.subscribe({ "live/0": 0, "live/1": 1 });
    return new LivePair(await RawMqtt.connect(t, server), subscriber);
  }

  /** QoS 0 and 1 arrive, and QoS 1 is acknowledged. */
  async flows(): Promise<void> {
    for (const qos of [0, 1] as const)
      for (let number = 0; number < ROUND; number++) this.#publisher.publish(`live/${qos}`, `${number}`, qos);
    this.#sent += ROUND;
    const sent = this.#sent;
    await this.#publisher.allAcknowledged(sent);
    await this.#subscriber.until(() => this.#subscriber.received.length >= 2 * sent, "what is live");
  }
}
