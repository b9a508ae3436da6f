import assert from "node:assert/strict";
import { test } from "node:test";
import mqtt, { type MqttClient } from "mqtt";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";

const ROUNDS = 25;
const PUBLISHERS = 10;
/** Messages that one publisher sends per round, half of them at QoS 1 and half at QoS 2. */
const PER_ROUND = 60;
const SEED = Number(process.env.SEED ?? 20_261_123);

test(`nothing acknowledged is lost over ${ROUNDS} kills of the broker (seed ${SEED})`, async (t) => {
  const random = seeded(SEED);
  const config = { mqtt: { maxQueuedMessages: 100_000 } };
  let server = await startServer(t, { config });
  const away = await connect(t, server.mqttUrl, { clean: false, clientId: "away" });
  await away.subscribe("crash/#", 2);
  await away.end();
  const online = await Receiver.start(t, server, "online");
  const acknowledged = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    const publishers = await Promise.all(
      Array.from({ length: PUBLISHERS }, (_, i) => publisher(t, server, `publisher-${round}-${i}`)),
    );
    const publishing = publishers.map((client, i) => publishAll(client, round, i, acknowledged));
    await untilAcknowledged(acknowledged, round, Math.floor(random() * PUBLISHERS * PER_ROUND));
    await server.kill();
    server = await startServer(t, { data: server.data, config });
    // The publishers are gone for good, so what they had not been told about may or may not be there.
    await Promise.all(publishers.map((client) => client.endAsync(true)));
    await Promise.allSettled(publishing);
    await online.follow(server);
  }
  const returned = await Receiver.start(t, server, "away");
  for (const receiver of [online, returned]) {
    await receiver.until((seen) => missing(acknowledged, seen).length === 0);
    assert.deepEqual(missing(acknowledged, receiver.seen), []);
    receiver.assertExactlyOnceAndOrdered();
  }
});

/** A kept session that notes what it gets, and follows the broker through its restarts. */
class Receiver {
  readonly seen = new Map<string, number[]>();
  readonly #id: string;
  readonly #client: MqttClient;
  #url: URL;

  static async start(
    t: { after(callback: () => void): void },
    server: RunningServer,
    id: string,
  ): Promise<Receiver> {
    const receiver = new Receiver(server, id);
    t.after(() => receiver.#client.end(true));
    await receiver.#connected();
    await receiver.#client.subscribeAsync("crash/#", { qos: 2 });
    return receiver;
  }

  private constructor(server: RunningServer, id: string) {
    this.#id = id;
    this.#url = new URL(server.mqttUrl);
    // One client through all restarts, so that its own QoS 2 state survives as a device's would.
    this.#client = mqtt.connect(server.mqttUrl, {
      clientId: id,
      clean: false,
      reconnectPeriod: 50,
      resubscribe: false,
    });
    this.#client.on("error", () => undefined);
    this.#client.on("message", (topic, payload) => {
      const list = this.seen.get(topic) ?? [];
      list.push(Number(payload.toString()));
      this.seen.set(topic, list);
    });
  }

  async follow(server: RunningServer): Promise<void> {
    this.#url = new URL(server.mqttUrl);
    Object.assign(this.#client.options, {
      host: this.#url.hostname,
      hostname: this.#url.hostname,
      port: Number(this.#url.port),
    });
    await this.#connected();
  }

  /** Attempts at the old address fail meanwhile; they are made again. */
  #connected(): Promise<void> {
    if (this.#client.connected) return Promise.resolve();
    return new Promise((resolve) => this.#client.once("connect", () => resolve()));
  }

  async until(done: (seen: ReadonlyMap<string, number[]>) => boolean): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
    }, 60_000);
    while (!done(this.seen) && !late) await new Promise((resolve) => setImmediate(resolve));
    clearTimeout(timer);
  }

  assertExactlyOnceAndOrdered(): void {
    for (const [topic, numbers] of this.seen) {
      if (topic.endsWith("/2"))
        assert.equal(new Set(numbers).size, numbers.length, `${this.#id}: ${topic} twice`);
      // A QoS 1 message may come again, but the first time each comes is in order.
      const firsts = [...new Set(numbers)];
      assert.deepEqual(
        firsts,
        [...firsts].sort((a, b) => a - b),
        `${this.#id}: ${topic} out of order`,
      );
    }
  }
}

async function publisher(
  t: { after(callback: () => void): void },
  server: RunningServer,
  clientId: string,
): Promise<MqttClient> {
  const { client } = await connect(t, server.mqttUrl, { clientId, reconnectPeriod: 0 });
  return client;
}

/** Publishes a window at a time; notes the number of each message under its topic when it is acknowledged. */
async function publishAll(
  client: MqttClient,
  round: number,
  index: number,
  acknowledged: Map<string, number[]>,
) {
  const sent: Promise<unknown>[] = [];
  for (let n = 0; n < PER_ROUND; n++) {
    const qos = n % 2 === 0 ? 1 : 2;
    const topic = `crash/${round}/${index}/${qos}`;
    sent.push(
      client.publishAsync(topic, String(n), { qos }).then(() => {
        const list = acknowledged.get(topic) ?? [];
        list.push(n);
        acknowledged.set(topic, list);
      }),
    );
    if (sent.length % 20 === 0) await Promise.all(sent);
  }
  await Promise.all(sent);
}

async function untilAcknowledged(
  acknowledged: Map<string, number[]>,
  round: number,
  count: number,
): Promise<void> {
  const sum = () => {
    let total = 0;
    for (const [topic, list] of acknowledged) if (topic.startsWith(`crash/${round}/`)) total += list.length;
    return total;
  };
  while (sum() < count) await new Promise((resolve) => setImmediate(resolve));
}

function missing(acknowledged: ReadonlyMap<string, number[]>, seen: ReadonlyMap<string, number[]>): string[] {
  const lost: string[] = [];
  for (const [topic, numbers] of acknowledged) {
    const got = new Set(seen.get(topic));
    for (const n of numbers) if (!got.has(n)) lost.push(`${topic} ${n}`);
  }
  return lost;
}

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
