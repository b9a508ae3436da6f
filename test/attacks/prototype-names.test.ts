import assert from "node:assert/strict";
import { test } from "node:test";
import { RawMqtt } from "../helpers/raw.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { ChannelSession } from "./support/channel-session.js";
import { connectionToken } from "./support/token.js";

/** Names that mean something to an object of JavaScript. To a server they are names. */
const NAMES = ["__proto__", "constructor", "hasOwnProperty", "toString", "prototype", "valueOf"];
const SECRET = "a secret of the tests, which is long enough";
/** A key of its own, and no prototype. */
const info = JSON.parse('{"__proto__":{"polluted":true}}');
const JSON_TYPE = { "content-type": "application/json" };

const config = {
  tokens: { secret: SECRET },
  allowAnonymous: true,
  bridge: {
    channels: [
      {
        channel: "device:{id}",
        topics: ["devices/{id}/#"],
        publish: { topic: "devices/{id}/set" },
        snapshot: true,
        presence: true,
        history: { size: 10 },
      },
      ...NAMES.map((name) => ({
        channel: name,
        topics: [`${name}/${name}`],
        snapshot: true,
        history: { size: 5 },
      })),
    ],
  },
};

test("client identifiers, topics and retained messages with such names are like any other, over a restart too", async (t) => {
  const server = await startServer(t, { config });
  for (const name of NAMES) {
    const client = await RawMqtt.connect(t, server, { clientId: name, clean: false, answers: true });
    assert.equal(client.sessionPresent, false, name);
    assert.deepEqual(await client.subscribe({ [`${name}/${name}/#`]: 1 }), [1]);
    client.publish(`${name}/${name}/${name}`, name, 1, true);
    await client.until(() => client.received.length === 1, name);
    await client.end();
  }
  assert.equal(await server.stop(), 0);
  const again = await startServer(t, { config, data: server.data });
  const sender = await RawMqtt.connect(t, again);
  for (const name of NAMES) sender.publish(`${name}/${name}/again`, name, 1);
  await sender.allAcknowledged(NAMES.length);
  for (const name of NAMES) {
    const back = await RawMqtt.connect(t, again, { clientId: name, clean: false, answers: true });
    assert.equal(back.sessionPresent, true, name);
    await back.until(() => back.received.length === 1, name);
    assert.equal(back.received[0]?.topic, `${name}/${name}/again`);
    const retained = await fetch(`${again.httpUrl}/api/v1/retained?filter=${name}/%23`);
    assert.deepEqual(topicsOf(await retained.json()), [`${name}/${name}/${name}`]);
    const client = await fetch(`${again.httpUrl}/api/v1/clients?limit=100`);
    assert.match(await client.text(), new RegExp(`"${name}"`));
    assert.equal((await fetch(`${again.httpUrl}/api/v1/clients/${name}`, { method: "DELETE" })).status, 200);
    await back.closed;
  }
  await assertWell(again);
});

test("channels, captures, users, map keys and data with such names are like any other", async (t) => {
  const server = await startServer(t, { config });
  const device = await RawMqtt.connect(t, server);
  for (const name of NAMES) {
    const session = await ChannelSession.open(t, server, {
      token: await connectionToken(SECRET, { sub: name, info }),
    });
    const data = `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"${name}":1}`;
    for (const [channel, topic] of [
      [name, `${name}/${name}`],
      [`device:${name}`, `devices/${name}/state`],
    ] as const) {
      device.publish(topic, data, 1);
      await device.until(() => device.acknowledged.length > 0, "PUBACK");
      device.acknowledged.length = 0;
      const { subscribe, error } = await session.ask({ subscribe: { channel } });
      assert.equal(error, undefined, `${channel}: ${JSON.stringify(error)}`);
      assert.ok(subscribe, channel);
      const history = await session.ask({ history: { channel, limit: 5 } });
      assert.ok(
        JSON.stringify(history).includes('"polluted":true'),
        `${channel}: ${JSON.stringify(history)}`,
      );
    }
    const presence = await session.ask({ presence: { channel: `device:${name}` } });
    assert.match(JSON.stringify(presence), new RegExp(`"user":"${name}"`));
    const published = await session.ask({
      publish: { channel: `device:${name}`, data: { [name]: { polluted: true } } },
    });
    assert.equal(published.error, undefined);
    const map = await session.ask({ [name]: { channel: name } });
    assert.ok(map.error, "a command that is none");
    const users = await fetch(`${server.httpUrl}/api/v1/users/${name}/subscriptions`);
    assert.ok([200, 404].includes(users.status), `${users.status}`);
    assert.equal((await fetch(`${server.httpUrl}/api/v1/channels/${name}`)).status, 200);
    session.socket.terminate();
  }
  await assertWell(server);
});

test("keys and queries of the REST API with such names are refused as unknown, and change nothing", async (t) => {
  const server = await startServer(t, { config });
  for (const name of NAMES) {
    const query = await fetch(`${server.httpUrl}/api/v1/channels?${name}=1&${name}[polluted]=1`);
    assert.equal(query.status, 400, name);
    for (const body of [
      `{"topic":"a","data":1,"${name}":{"polluted":true}}`,
      `{"${name}":{"topic":"a","data":1}}`,
      `{"topic":"a","data":1,"tags":{"${name}":"x"}}`,
    ]) {
      const url = `${server.httpUrl}/api/v1/publish`;
      const response = await fetch(url, { method: "POST", headers: JSON_TYPE, body });
      assert.equal(response.status, 400, body);
    }
    const data = `{"${name}":{"polluted":true}}`;
    const url = `${server.httpUrl}/api/v1/publish`;
    const body = `{"topic":"${name}","data":${data}}`;
    assert.equal((await fetch(url, { method: "POST", headers: JSON_TYPE, body })).status, 200);
  }
  const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
  assert.doesNotMatch(metrics, /polluted|\[object|function/);
  await assertWell(server);
});

function topicsOf(listing: unknown): string[] {
  return [...JSON.stringify(listing).matchAll(/"topic":"([^"]*)"/g)].map(([, topic = ""]) => topic);
}

/** Alive, and no fault of its own in the log. */
async function assertWell(server: RunningServer): Promise<void> {
  assert.equal((await fetch(`${server.httpUrl}/healthz`)).status, 200);
  assert.deepEqual(
    server.log.filter(({ level }) => level >= 50),
    [],
  );
}
