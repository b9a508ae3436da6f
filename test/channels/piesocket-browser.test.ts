import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { openPage } from "../dashboard/browser.js";
import { eventually } from "./support/eventually.js";
import { type Pem, pieCertificate } from "./support/piesocket.js";
import { token } from "./support/plain-client.js";
import { startServer, type TestOptions } from "./support/server.js";
import { TestTokens } from "./support/test-tokens.js";

/* The same client as its script is put in a page, in Chromium. */

const SCRIPT = fileURLToPath(new URL("../../node_modules/piesocket-js/dist/piesocket.js", import.meta.url));
const channels = [
  {
    channel: "room-{id}",
    topics: ["rooms/{id}/#"],
    publish: { topic: "rooms/{id}/said", qos: 0 as const, retain: false },
    presence: true,
  },
  { channel: "private-{id}", topics: ["private/{id}"], requireToken: true },
];

/** What a page keeps of the events it was told. */
type Told = readonly (readonly [event: string, data: unknown, meta?: { topic: string }])[];

let tls: Pem;
before(async () => {
  tls = await pieCertificate({ after });
});

async function start(t: TestContext, options: TestOptions = {}) {
  const server = await startServer(t, { channels, tls, tokens: new TestTokens(), ...options });
  const { page, errors } = await openPage(t, `https://127.0.0.1:${server.port}/`, {
    ignoreHTTPSErrors: true,
  });
  await page.addScriptTag({ path: SCRIPT });
  return { ...server, page, errors };
}

/** Subscribes in the page; the channel is there by `name`, and what it was told by `name` and "Told". */
function subscribe(page: Page, name: string, channel: string, options: object = {}): Promise<unknown> {
  const code = `(async () => {
    const client = new PieSocket.default({ clusterDomain: location.host, apiKey: "any", ...${JSON.stringify(options)} });
    const channel = await client.subscribe(${JSON.stringify(channel)});
    window.${name} = channel;
    window.${name}Told = [];
    channel.listen("*", (event, data, meta) => window.${name}Told.push([event, data, meta]));
    channel.on("close", ({ code }) => window.${name}Told.push(["closed", code]));
  })()`;
  return page.evaluate(code);
}

/** What it was told, once it is as much. */
async function told(page: Page, name: string, count: number): Promise<Told> {
  await page.waitForFunction(`${name}Told.length >= ${count}`);
  return page.evaluate(`${name}Told`);
}

test("subscribe, publish, listen", async (t) => {
  const { page, bus, errors } = await start(t);
  await subscribe(page, "ann", "room-1");
  await subscribe(page, "bob", "room-1");
  await page.evaluate(`ann.publish("hello", { from: "ann" }, { n: 1 })`);
  await told(page, "bob", 1);
  bus.send("rooms/1/temperature", '{"c":21.5}');
  const heard = (await told(page, "bob", 2)).map(([event, data, meta]) => [event, data, meta?.topic]);
  assert.deepEqual(heard, [
    ["hello", { from: "ann" }, "rooms/1/said"],
    ["message", { c: 21.5 }, "rooms/1/temperature"],
  ]);
  const own = (await told(page, "ann", 1)).map(([event]) => event);
  assert.deepEqual(own, ["message"], "nothing of its own");
  assert.equal(bus.published[0]?.payload.toString(), '{"from":"ann"}');
  assert.deepEqual(errors, []);
});

test("presence, and back at once after a code that invites it", async (t) => {
  const { page, gateway, errors } = await start(t);
  await subscribe(page, "ann", "room-1", { presence: 1, userId: "ann" });
  await subscribe(page, "bob", "room-1", { presence: 1, jwt: token({ user: "bob" }) });
  const users = (name: string) => page.evaluate(`${name}.members.map(({ user }) => user).sort()`);
  await page.waitForFunction("ann.members.length === 2 && bob.members.length === 2");
  assert.deepEqual(await users("ann"), ["ann", "bob"]);
  assert.equal(await page.evaluate("bob.getCurrentMember().user"), "bob");
  gateway.users.disconnect({ user: "bob", session: undefined }, { code: 3011 });
  await page.waitForFunction(`annTold.filter(([event]) => event === "system:member_joined").length === 3`);
  assert.deepEqual(await users("ann"), ["ann", "bob"]);
  await page.evaluate("bob.shouldReconnect = false, bob.connection.close()");
  await page.waitForFunction("ann.members.length === 1");
  assert.deepEqual(await users("ann"), ["ann"]);
  assert.deepEqual(errors, []);
});

test("a private channel gets its token from the page's own endpoint", async (t) => {
  const { page, bus } = await start(t);
  const asked: string[] = [];
  await page.route("**/broadcasting/auth", async (route) => {
    asked.push(route.request().postData() ?? "");
    await route.fulfill({ json: { auth: token({ user: "ann", channel: "private-1" }) } });
  });
  await subscribe(page, "ann", "private-1");
  assert.match(asked.join(), /name="channel_name"\s+private-1/);
  bus.send("private/1", '"secret"');
  assert.deepEqual((await told(page, "ann", 1))[0]?.slice(0, 2), ["message", "secret"]);
});

test("a refused subscribe rejects, and a session that is over for good is not tried again", async (t) => {
  const { page, gateway } = await start(t);
  await assert.rejects(subscribe(page, "nobody", "private-1", { jwt: "broken" }), /Failed to make websocket/);
  assert.equal(gateway.stats().refused, 1);
  await subscribe(page, "ann", "room-1", { jwt: token({ user: "ann", expiresAt: Date.now() + 2_000 }) });
  const [error, closed] = await told(page, "ann", 2);
  assert.deepEqual(
    [error?.slice(0, 2), closed],
    [
      ["system:error", { code: 3005, message: "connection expired" }],
      ["closed", 3005],
    ],
  );
  await subscribe(page, "bob", "room-1");
  await eventually(() => gateway.stats().plainSessions === 1, "only the new one is open");
  assert.deepEqual([gateway.stats().opened, gateway.stats().refused], [2, 1]);
});
