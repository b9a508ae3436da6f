import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { openPage } from "../../dashboard/browser.js";
import { connect } from "../../helpers/mqtt.js";
import { startServer } from "../../helpers/server.js";
import { CARRIERS, type Carrier } from "../support/carrier.js";

/** The reference client as a page would load it from a script tag. */
const CLIENT = join(dirname(createRequire(import.meta.url).resolve("centrifuge")), "../dist/centrifuge.js");

/** What the page keeps. */
interface Kept {
  readonly state: string;
  readonly transport: string;
  readonly values: unknown[];
  readonly codes: number[];
}

/** Has the page subscribe to `mqtt:room/#`. */
async function subscribe(page: Page, carrier: Carrier): Promise<void> {
  await page.evaluate((transport) => {
    const { Centrifuge } = globalThis as unknown as { Centrifuge: typeof import("centrifuge").Centrifuge };
    const scheme = transport === "websocket" ? "ws" : "http";
    const endpoint = `${scheme}://${location.host}/connection/${transport}`;
    const options = { minReconnectDelay: 50, maxReconnectDelay: 200 };
    const client = new Centrifuge([{ transport, endpoint }], options);
    const kept = { state: "", transport: "", values: [] as unknown[], codes: [] as number[] };
    client.on("connected", (context) => {
      kept.transport = context.transport;
    });
    client.on("connecting", ({ code }) => kept.codes.push(code));
    const subscription = client.newSubscription("mqtt:room/#");
    subscription.on("publication", ({ data }) => kept.values.push(data));
    subscription.on("state", ({ newState }) => {
      kept.state = newState;
    });
    subscription.subscribe();
    client.connect();
    Object.assign(globalThis, { client, kept });
  }, carrier);
}

const keptBy = (page: Page) => page.evaluate(() => (globalThis as unknown as { kept: Kept }).kept);

function until(page: Page, condition: (kept: Kept) => boolean): Promise<unknown> {
  return page.waitForFunction(`(${condition})(kept)`);
}

describe("the reference client in a browser", () => {
  for (const carrier of CARRIERS)
    test(`over ${carrier}: receives, publishes, answers pings, and comes back after a restart of the server`, async (t) => {
      const config = { gateway: { pingInterval: "300ms", pongTimeout: "250ms" } };
      const server = await startServer(t, { config });
      // A page of the same origin, without the dashboard's own session.
      const { page, errors } = await openPage(t, `${server.httpUrl}/healthz`, { bypassCSP: true });
      await page.addScriptTag({ path: CLIENT });
      await subscribe(page, carrier);
      await until(page, ({ state }) => state === "subscribed");
      const device = await connect(t, server.mqttUrl);
      for (let n = 0; n < 50; n++) await device.publish("room/n", JSON.stringify({ n }));
      await until(page, ({ values }) => values.length === 50);
      const { values, transport } = await keptBy(page);
      assert.equal(transport, carrier);
      assert.deepEqual(
        values,
        Array.from({ length: 50 }, (_, n) => ({ n })),
      );
      await page.evaluate(async () => {
        const { client } = globalThis as unknown as { client: import("centrifuge").Centrifuge };
        // Not one after the other: a browser sends them over several connections.
        await Promise.all([50, 51, 52, 53, 54].map((n) => client.publish("mqtt:room/n", { n })));
      });
      await until(page, ({ values }) => values.length === 55);
      assert.deepEqual(
        (await keptBy(page)).values.slice(50),
        [50, 51, 52, 53, 54].map((n) => ({ n })),
      );
      const metrics = async () => (await fetch(`${server.httpUrl}/metrics`)).text();
      assert.match(await metrics(), new RegExp(`causeway_sessions\\{transport="${carrier}"\\} 1`));
      const received = async () =>
        Number(/session_messages_received_total (\d+)/.exec(await metrics())?.[1] ?? 0);
      const before = await received();
      while ((await received()) < before + 4); // pongs
      assert.deepEqual((await keptBy(page)).codes, [0]);
      // Of its own accord the browser looks for an icon.
      assert.deepEqual(
        errors.filter((error) => !error.includes("404")),
        [],
      );
      assert.equal(await server.stop(), 0);
      await until(page, ({ codes }) => codes.includes(3001));
      const args = ["--http", server.addresses.http ?? ""];
      const second = await startServer(t, { config, args });
      await until(page, ({ state }) => state === "subscribed");
      await (await connect(t, second.mqttUrl)).publish("room/n", '"after"');
      await until(page, ({ values }) => values.at(-1) === "after");
    });

  test("a page of another origin can neither read nor send over HTTP", async (t) => {
    // Where nobody else can reach the server, pages of other servers of this machine are let through.
    const server = await startServer(t, {
      config: { allowAnonymous: true },
      args: ["--http", "0.0.0.0:0"],
    });
    const other = await startServer(t);
    const { page } = await openPage(t, `${other.httpUrl}/healthz`, { bypassCSP: true });
    const attempts = await page.evaluate(async (target) => {
      const command = '{"id":1,"connect":{}}';
      const json = { "content-type": "application/json" };
      const settled = await Promise.allSettled([
        fetch(`${target}/connection/http_stream`, { method: "POST", headers: json, body: command }),
        fetch(`${target}/emulation`, { method: "POST", headers: json, body: "{}" }),
        new Promise((resolve, reject) => {
          const source = new EventSource(
            `${target}/connection/sse?cf_connect=${encodeURIComponent(command)}`,
          );
          source.onopen = resolve;
          source.onerror = reject;
        }),
      ]);
      return settled.map(({ status }) => status);
    }, `http://127.0.0.1:${server.http.port}`);
    assert.deepEqual(attempts, ["rejected", "rejected", "rejected"]);
  });
});
