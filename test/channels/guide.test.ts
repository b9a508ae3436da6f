import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { Centrifuge } from "centrifuge";
import { WebSocket } from "ws";
import { parse } from "yaml";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { connectClient, event } from "./support/client.js";
import { eventually } from "./support/eventually.js";

/*
 * What the guides show to developers of dashboards works as it stands there, against a server with the configuration that they show.
 */

const guide = (name: string) => readFile(join(import.meta.dirname, `../../docs/guide/${name}.md`), "utf8");
const dashboards = await guide("dashboards");
const channels = await guide("channels");

/** The first block in a language under a heading. */
function block(page: string, heading: string, language: string): string {
  const [, section = ""] = page.split(new RegExp(`^#+ ${heading}$`, "m"));
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]+?)\`\`\``).exec(section)?.[1] ?? assert.fail(heading);
}

const server = await startServer(
  { after },
  { config: parse(block(dashboards, "A dashboard of your own", "yaml")) },
);
const endpoint = `${server.wsUrl}/connection/websocket`;

/** Runs a block in which the `given` names stand for something. Gives what `result`, an expression, is at its end. */
async function run<Result>(
  t: TestContext,
  source: string,
  given: Readonly<Record<string, unknown>>,
  result: string,
): Promise<Result> {
  const file = join(await temporaryDirectory(t, "guide"), "snippet.mjs");
  const here = source.replaceAll("ws://127.0.0.1:8080", server.wsUrl);
  const names = Object.keys(given).join(", ");
  await writeFile(file, `export default async ({ ${names} }) => {\n${here}\nreturn ${result};\n};\n`);
  const snippet = (await import(file)) as { default(names: typeof given): Promise<Result> };
  return snippet.default(given);
}

class NodeCentrifuge extends Centrifuge {
  constructor(url: string) {
    super(url, { websocket: WebSocket });
  }
}

test("the page shows the last value of every device, and each new one", async (t) => {
  const device = await connect(t, server.mqttUrl);
  await device.publish("devices/1/telemetry", '{"temperature":21.5}', 1);
  const [, script = ""] = /<script>([\s\S]+?)<\/script>/.exec(block(dashboards, "Web", "html")) ?? [];
  const element = { textContent: "" };
  const document = { getElementById: () => element };
  const client: Centrifuge = await run(t, script, { Centrifuge: NodeCentrifuge, document }, "client");
  t.after(() => client.disconnect());
  await eventually(() => element.textContent.includes("21.5"), "the last value is shown");
  await device.publish("devices/2/telemetry", '{"temperature":7}', 1);
  await eventually(() => element.textContent.includes('"temperature": 7'), "so is what comes then");
});

test("the list has every topic, and loses those that are removed", async (t) => {
  const device = await connect(t, server.mqttUrl);
  await device.publish("devices/lasting/telemetry", "1", 1, true);
  const client = await connectClient(t, endpoint);
  const devices: Map<string, unknown> = await run(
    t,
    block(dashboards, "A list that stays true", "js"),
    { client },
    "devices",
  );
  await eventually(() => devices.get("devices/lasting/telemetry") === 1, "it is loaded");
  await device.publish("devices/lasting/telemetry", "", 1, true);
  await eventually(() => !devices.has("devices/lasting/telemetry"), "it is removed");
});

test("a page publishes to a device, and asks it something", async (t) => {
  const device = await connect(t, server.mqttUrl);
  await device.subscribe("devices/7/commands", 1);
  await device.subscribe("devices/7/requests/+", 1);
  device.client.on("message", (topic) => {
    if (topic.includes("/requests/"))
      device.client.publish(topic.replace("/requests/", "/responses/"), "21.5");
  });
  const client = await connectClient(t, endpoint);
  const source = block(dashboards, "Back to the device", "js");
  const given = { client, console: { log: () => undefined } };
  const answer = await run<{ data: unknown }>(t, source, given, "data");
  assert.equal(answer.data, 21.5);
  const [command] = await device.messages(1);
  assert.deepEqual([command?.topic, command?.payload], ["devices/7/commands", '{"relay":true}']);
});

test("a page sees who is there, and who comes and goes", async (t) => {
  let own = "";
  const client = await connectClient(t, endpoint, {}, (connecting) =>
    connecting.on("connected", ({ client: id }) => {
      own = id;
    }),
  );
  const told: unknown[] = [];
  const log = (_user: string, what: string) => told.push(what);
  const source = block(dashboards, "Who is there", "js");
  const clients = await run<object>(t, source, { client, console: { log } }, "clients");
  assert.ok(own in clients);
  const other = await connectClient(t, endpoint);
  const watched = other.newSubscription("fleet");
  const subscribed = event(watched, "subscribed");
  watched.subscribe();
  await subscribed;
  watched.unsubscribe();
  await eventually(() => told.at(-1) === "went" && told.includes("came"), JSON.stringify(told));
});

test("a bare WebSocket publishes and is told", async (t) => {
  const device = await connect(t, server.mqttUrl);
  await device.subscribe("devices/7/commands", 1);
  const heard: unknown[] = [];
  const source = block(channels, "A bare WebSocket", "js");
  const given = { WebSocket, console: { log: (frame: unknown) => heard.push(frame) } };
  const socket: WebSocket = await run(t, source, given, "socket");
  t.after(() => socket.terminate());
  const [{ payload } = { payload: "" }] = await device.messages(1);
  assert.equal(payload, '{"relay":true}');
  await device.publish("devices/7/telemetry", '{"c":1}', 1);
  await eventually(() => heard.length > 0, "it is told");
  assert.deepEqual((heard[0] as { data: unknown }).data, { c: 1 });
  const closed = once(socket, "close");
  socket.close();
  await closed;
});
