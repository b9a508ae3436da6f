import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Random } from "../model/random.js";
import { by, CARRIERS } from "./support/carrier.js";
import { connectClient } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import { MapOf } from "./support/map-of.js";
import { startServer } from "./support/server.js";
import { type Rules, TestGate } from "./support/test-gate.js";
import { TestTokens } from "./support/test-tokens.js";

/* Maps of a client whose rights change again and again, while it changes its mind about them. */

const SEEDS = 12;
const STEPS = 60;

/** Rights, and what may be seen by them. */
const parts: readonly [Rules, (topic: string) => boolean][] = [
  [{ ann: { subscribe: ["d/#"] } }, () => true],
  [{ ann: { subscribe: ["d/a/#"] } }, (topic) => topic.startsWith("d/a/")],
  [{ ann: { subscribe: ["d/b/#"] } }, (topic) => topic.startsWith("d/b/")],
  [{ ann: { subscribe: ["d/a/#", "d/b/1"] } }, (topic) => topic.startsWith("d/a/") || topic === "d/b/1"],
];

describe("a map is true of what its client may see, however rights and subscription change", () => {
  for (const carrier of CARRIERS)
    test(`over ${carrier}`, async (t) => {
      const gate = new TestGate(parts[0]?.[0]);
      const { url, bus } = await startServer(t, {
        gate,
        channels: [{ channel: "all", topics: ["d/#"], snapshot: true }],
      });
      const [endpoints, options] = by(carrier, new URL(url).host);
      const token = TestTokens.connection({ user: "ann" });
      const client = await connectClient(t, endpoints, { ...options, token });
      const values = new Map<string, number>();
      let sees = (_topic: string): boolean => true;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const random = new Random(seed);
        const delays = { minResubscribeDelay: 1, maxResubscribeDelay: 5 };
        const map = new MapOf(client, "all", { ...delays, pageSize: random.between(1, 4) });
        map.subscription.subscribe();
        const steps: Record<string, (n: number) => unknown> = {
          set(n) {
            const topic = `d/${random.oneOf(["a", "b"])}/${random.between(0, 8)}`;
            values.set(topic, n);
            bus.send(topic, String(n), { retain: true });
          },
          clear() {
            const topic = random.oneOf([...values.keys(), "d/a/0"]);
            values.delete(topic);
            bus.send(topic, "", { retain: true });
          },
          change() {
            const [rules, seen] = random.oneOf(parts);
            sees = seen;
            gate.change(rules);
          },
          mind() {
            map.subscription.unsubscribe();
            map.subscription.subscribe();
          },
          async wait() {
            for (let turns = random.between(0, 20); turns > 0; turns--) await turn();
          },
        };
        const names = ["set", "set", "set", "clear", "change", "mind", "wait", "wait"];
        for (let n = 0; n < STEPS; n++) await steps[random.oneOf(names)]?.(n);
        const truth = () => JSON.stringify([...values].filter(([topic]) => sees(topic)).sort());
        await eventually(() => JSON.stringify(map.sorted) === truth(), `seed ${seed}: ${truth()} is shown`);
        map.subscription.unsubscribe();
        client.removeSubscription(map.subscription as never);
      }
    });
});
