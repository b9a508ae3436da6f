import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Centrifuge } from "centrifuge";
import { WebSocket } from "ws";
import { openPage } from "../../dashboard/browser.js";
import { by, CARRIERS, type Carrier } from "../support/carrier.js";
import { startServer, type TestServer } from "../support/server.js";
import { TestTokens } from "../support/test-tokens.js";
import { type Seen, tour } from "./tour.js";

/* Everything that the protocol offers, with the reference client over every transport, in Node and in a real browser. */

/** The reference client as a page would load it from a script tag. */
const CLIENT = join(dirname(createRequire(import.meta.url).resolve("centrifuge")), "../dist/centrifuge.js");

async function start(t: TestContext): Promise<TestServer> {
  const fleet = { topics: ["fleet/+"], snapshot: true };
  const server = await startServer(t, {
    tokens: new TestTokens(),
    gateway: { pingInterval: 400, pongTimeout: 300 },
    channels: [
      { ...fleet, channel: "fleet", snapshot: false, presence: true, history: { size: 100, ttl: 60_000 } },
      { ...fleet, channel: "fleet-map" },
      { ...fleet, channel: "fleet-part", snapshot: false },
      { channel: "deltas", topics: ["deltas/#"] },
      { channel: "own", topics: ["own"] },
      {
        channel: "device:{id}",
        topics: ["devices/{id}/#"],
        request: {
          topic: "devices/{id}/requests/{requestId}",
          response: "devices/{id}/responses/{requestId}",
          qos: 1,
          timeout: 5_000,
          maxPending: 10,
        },
      },
    ],
  });
  // A device that answers what it is asked.
  server.bus.subscribe("devices/7/requests/+", ({ topic, payload }) =>
    server.bus.send(topic.replace("requests", "responses"), payload),
  );
  return server;
}

function check(seen: Seen): void {
  assert.deepEqual(seen, {
    values: [{ n: 1 }, { n: 2 }],
    own: [["own", "for me"]],
    joins: ["ann"],
    presence: [["ann", { name: "Ann" }]],
    stats: { numClients: 1, numUsers: 1 },
    history: [2, [[{ n: 2 }, 2]]],
    answer: { read: "t" },
    noMethod: 104,
    map: [
      ["fleet/a", { n: 3 }],
      ["fleet/b", { n: 2 }],
      ["fleet/c", { n: 4 }],
    ],
    parts: [{ n: 6 }],
    texts: ["1", "2", "3"],
    deltas: 2,
    recovered: [true, true],
    missed: [{ n: 7 }, { n: 8 }],
    mapAfter: { n: 8 },
    state: "subscribed",
    interrupted: 0,
  });
}

describe("everything that the protocol offers, in Node", () => {
  for (const carrier of CARRIERS)
    test(`over ${carrier}`, async (t) => {
      const { port } = await start(t);
      const [endpoints, options] = by(carrier, `127.0.0.1:${port}`);
      check(await tour(Centrifuge, endpoints, { ...options, websocket: WebSocket }));
    });
});

describe("everything that the protocol offers, in a browser", () => {
  for (const carrier of ["websocket", "sse"] satisfies Carrier[])
    test(`over ${carrier}`, async (t) => {
      const { port } = await start(t);
      const { page } = await openPage(t, `http://127.0.0.1:${port}/`);
      await page.addScriptTag({ path: CLIENT });
      const [endpoints] = by(carrier, `127.0.0.1:${port}`);
      // The compiler names functions by a helper of its own.
      await page.addScriptTag({ content: "globalThis.__name = (value) => value;" });
      check(await page.evaluate(`(${tour})(Centrifuge, ${JSON.stringify(endpoints)}, {})`));
    });
});
