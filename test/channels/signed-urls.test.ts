import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { signedPath } from "../../src/auth/signed-urls/signed-path.js";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";
import { PlainClient, refusalOf } from "./support/plain-client.js";

/* Signed URLs at a real server. */

const SECRET = "a secret for URLs that is long enough";

const channels = [
  {
    channel: "device:{id}",
    topics: ["devices/{id}/#"],
    publish: { topic: "devices/{id}/commands" },
    requireToken: true,
  },
];

async function serve(t: TestContext, more: object = {}) {
  const config = { allowAnonymous: true, signedUrls: { secret: SECRET }, bridge: { channels }, ...more };
  const server = await startServer(t, { config });
  const url = (terms: { user?: string; once?: string; publish?: string; channel?: string } = {}) =>
    server.wsUrl +
    signedPath(SECRET, {
      channel: "device:7",
      user: "ann",
      expires: `${Math.floor(Date.now() / 1_000) + 60}`,
      once: "",
      publish: "",
      ...terms,
    });
  return { server, url };
}

test("a signed URL opens its channel, to read and not to write", async (t) => {
  const { server, url } = await serve(t);
  const ann = await PlainClient.open(t, url());
  const device = await connect(t, server.mqttUrl);
  await device.subscribe("devices/+/commands");
  await device.publish("devices/7/up", "21.5");
  assert.equal((await ann.frames(1))[0]?.data, 21.5);
  ann.publish("client-message", "on");
  assert.equal((await ann.frames(1, "system:error"))[0]?.event, "system:error");
  const writer = await PlainClient.open(t, url({ publish: "1" }));
  writer.publish("client-message", "off");
  await device.messages(1);
  assert.deepEqual(
    device.received.map(({ topic, payload }) => [topic, /off/.test(payload)]),
    [["devices/7/commands", true]],
    "what the first one sent did not come through",
  );
});

test("one that was changed, has been used, or is another channel's opens nothing", async (t) => {
  const { url } = await serve(t);
  const once = url({ once: "n1" });
  await PlainClient.open(t, once);
  for (const refused of [
    once,
    url().replace("user=ann", "user=bob"),
    url().replace("device%3A7", "device%3A8"),
    url().replace("/v3/device%3A7", "/v3/other"),
    `${url()}&publish=1`,
    url().replace(/signature=.*/, "signature=x"),
  ]) {
    const { status } = await refusalOf(refused);
    assert.ok(status === 401 || status === 404, `${status}: ${refused}`);
  }
});
