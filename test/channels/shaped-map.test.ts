import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { Centrifuge, MapSubscriptionOptions } from "centrifuge";
import { Random } from "../model/random.js";
import { connectClient } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MapOf } from "./support/map-of.js";
import { startServer } from "./support/server.js";

/*
 * Random changes of a map (JSON, text and bytes, removals, topics dropped at the bound) while its client is cut off and comes back, with
 * every combination of what shapes a subscription. In the end the client has the state, and nothing but the state.
 */

interface Shaping {
  readonly name: string;
  readonly options: Partial<MapSubscriptionOptions>;
  readonly isWanted: (topic: string, isText: boolean) => boolean;
}

const ofFive = (topic: string): boolean => /\/t[02468]$/.test(topic);
const shapings: Shaping[] = [
  { name: "a rate", options: { data: { maxRate: 100 } }, isWanted: () => true },
  { name: "deltas", options: { delta: "fossil", pageSize: 3 }, isWanted: () => true },
  {
    name: "a rate, deltas and topics",
    options: {
      delta: "fossil",
      data: { maxRate: 100, topicTail: ["0", "2", "4", "6", "8"].map((n) => `t${n}`) },
    },
    isWanted: ofFive,
  },
  {
    name: "a rate and tags",
    options: {
      data: { maxRate: 100 },
      pageSize: 3,
      tagsFilter: {
        op: "and",
        nodes: [
          { key: "encoding", cmp: "nex" },
          { op: "not", nodes: [{ key: "topic", cmp: "ew", val: "9" }] },
        ],
      },
    },
    isWanted: (topic, isText) => isText && !topic.endsWith("9"),
  },
];

const SEEDS = [1, 2, 3];
const ROUNDS = 60;

async function reconnect(client: Centrifuge, map: MapOf): Promise<void> {
  const back = once(map.subscription as never, "subscribed");
  client.connect();
  await back;
}

for (const { name, options, isWanted } of shapings)
  for (const seed of SEEDS)
    test(`a map with ${name} becomes true, whatever happens (seed ${seed})`, async (t) => {
      const random = new Random(seed);
      const below = (n: number): number => random.between(0, n - 1);
      const { url, bus, gateway } = await startServer(t, {
        channels: [{ channel: "map", topics: ["m/#"], snapshot: true, whenSlow: "newest" }],
        bridge: { maxTopics: 12 },
      });
      const state = new Map<string, { isText: boolean; data: unknown }>();
      const change = (n: number): void => {
        const topic = `m/t${below(14)}`;
        const kind = below(6);
        if (kind === 0) {
          bus.send(topic, "", { retain: true });
          state.delete(topic);
          return;
        }
        const isText = kind > 1;
        const value = { n, name: "a value of which little changes, in the main", topic };
        const payload = isText ? Buffer.from(JSON.stringify(value)) : Buffer.from([0xff, n % 256]);
        bus.send(topic, payload);
        // At the bound the one that was changed longest ago is dropped.
        state.delete(topic);
        state.set(topic, { isText, data: isText ? value : payload.toString("base64") });
        for (const oldest of state.keys()) if (state.size > 12) state.delete(oldest);
      };
      let n = 0;
      for (; n < 20; n++) change(n);
      const client = await connectClient(t, url);
      const map = await new MapOf(client, "map", options).begin();
      for (let round = 0; round < ROUNDS; round++) {
        for (let changes = below(8); changes > 0; changes--) change(n++);
        if (below(12) === 0) {
          client.disconnect();
          for (let changes = below(12); changes > 0; changes--) change(n++);
          await reconnect(client, map);
        }
        for (let turns = below(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      }
      // Cut off while much of it waits, and nothing changes after that.
      for (let changes = 0; changes < 40; changes++) change(n++);
      const updates = map.updates;
      await eventually(() => map.updates > updates, "a part was told");
      client.disconnect();
      await reconnect(client, map);
      const expected = [...state]
        .filter(([topic, { isText }]) => isWanted(topic, isText))
        .map(([topic, { data }]): [string, unknown] => [topic, data])
        .sort(([a], [b]) => (a < b ? -1 : 1));
      await eventually(
        () => gateway.stats().heldTopics === 0 && JSON.stringify(map.sorted) === JSON.stringify(expected),
        `the map is ${JSON.stringify(expected)}`,
      ).catch(() => assert.deepEqual(map.sorted, expected));
      assert.ok(map.recoveries > 0 || map.syncs > 1, "it was cut off");
    });
