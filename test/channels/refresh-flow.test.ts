import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PublicationContext } from "centrifuge";
import { by, CARRIERS } from "./support/carrier.js";
import { connectClient, event, Listening } from "./support/client.js";
import { startServer } from "./support/server.js";
import { TestGate } from "./support/test-gate.js";
import { TestTokens } from "./support/test-tokens.js";

/** The reference client comes with another token a second before the end, and no earlier than after one. */
const LIFETIME = 2_900;
const REFRESHES = 3;
const EVERY_MS = 5;

describe("tokens end and are renewed while data flows, and no publication is missing", {
  concurrency: true,
}, () => {
  for (const carrier of CARRIERS)
    test(`over ${carrier}`, async (t) => {
      const gate = new TestGate({ ann: { subscribe: ["d/a"] } });
      const { url, bus, gateway } = await startServer(t, {
        channels: [
          { channel: "all", topics: ["d/+"] },
          { channel: "own", topics: ["d/a"], requireToken: true },
        ],
        gate,
        gateway: { expiryGrace: 0 },
      });
      let asked = 0;
      let enough: () => void = () => {};
      const refreshed = new Promise<void>((resolve) => {
        enough = resolve;
      });
      const getToken = async () => {
        if (++asked > REFRESHES + 1) enough();
        return TestTokens.connection({ user: "ann", expiresAt: Date.now() + LIFETIME });
      };
      const getSubscriptionToken = async ({ channel }: { channel: string }) =>
        TestTokens.subscription({ user: "ann", channel, expiresAt: Date.now() + LIFETIME });
      const [endpoints, options] = by(carrier, new URL(url).host);
      const client = await connectClient(t, endpoints, { ...options, getToken });
      const breaks: unknown[] = [];
      client.on("connecting", (context) => breaks.push(context));
      const all = await Listening.begin(client, "all");
      const own = await Listening.begin(client, "own", { getToken: getSubscriptionToken });
      for (const { subscription } of [all, own])
        subscription.on("subscribing", (context) => breaks.push(context));
      let sent = 0;
      const flow = setInterval(() => {
        bus.send("d/b", "-1");
        bus.send("d/a", String(sent++));
      }, EVERY_MS);
      t.after(() => clearInterval(flow));
      await refreshed;
      clearInterval(flow);
      const last = event(all.subscription, "publication");
      bus.send("d/a", '"last"');
      await last;
      await own.received(sent + 1);
      const expected = [...Array.from({ length: sent }, (_, n) => n), "last"];
      for (const { publications } of [all, own])
        assert.deepEqual(
          publications.map(({ data }: PublicationContext) => data),
          expected,
        );
      assert.deepEqual(breaks, []);
      assert.ok(sent > 500, `${sent} were sent`);
      assert.ok(gate.attempts.length > REFRESHES, "every token was looked at");
      assert.deepEqual(gateway.stats().disconnects, {});
    });
});
