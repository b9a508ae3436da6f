import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import mqtt, { type MqttClient } from "mqtt";
import { AclFault, parseAcl } from "../../../../src/auth/rights/acl-file.js";
import { engineOf, principalOf } from "./ground.js";

/*
 * The same acl_file in a real Mosquitto and here: what a matrix of clients may publish and receive.
 */

const ROOT = "root";
const ACL = `# lines before any user are for those without one
topic read public/#
topic deny public/hidden
topic anonymous/in
topic write drop/+

user ${ROOT}
topic readwrite #

user ana
topic readwrite ana/#
topic deny ana/secret/#
topic read shared/+/state
topic write shared/+/set
topic read both
topic write both
topic read with a space/and more
topic readwrite literal/%u

user  bo
topic read #
topic deny ana/#
topic deny +/hidden
topic deny ana
topic deny own/bo/closed

# the same user goes on
user ana
topic later

pattern readwrite own/%u/#
pattern read by/%c
pattern write mixed/x-%u-y/%c/#
pattern deny own/%u/closed
pattern read everybody/+
`;

const CLIENTS = [
  { user: "", clientId: "c0" },
  { user: "ana", clientId: "c1" },
  { user: "bo", clientId: "c2" },
  { user: "eve", clientId: "c3" },
  { user: "__proto__", clientId: "constructor" },
  { user: "a+b", clientId: "c4" },
  { user: "x#y", clientId: "c5" },
  { user: "ida", clientId: "c+6" },
];
/** A name with a level in it: Mosquitto fills it in, and there are two levels then. */
const DEEP = { user: "d/e", clientId: "c7" };

const NAMES = [...CLIENTS, DEEP].flatMap(({ user, clientId }) => [user, clientId]);
const FILLABLE = NAMES.filter((name) => name !== "" && !/[+#]/.test(name));
const TOPICS = [
  ...["public/a", "public", "public/hidden", "public/hidden/b", "anonymous/in", "drop/a", "drop/a/b"],
  ...["ana", "ana/x", "ana/secret", "ana/secret/x", "shared/1/state", "shared/1/set", "shared/1/2/state"],
  ...["both", "with a space/and more", "literal/%u", "literal/ana", "bo", "bo/hidden", "hidden", "later"],
  ...["own", "own/x", "everybody/a", "everybody", "everybody/a/b", "by/%c", "/", "a//b"],
  ...FILLABLE.flatMap((name) => [`own/${name}`, `own/${name}/x`, `own/${name}/closed`, `by/${name}`]),
  ...CLIENTS.filter(({ user, clientId }) => FILLABLE.includes(user) && FILLABLE.includes(clientId)).map(
    ({ user, clientId }) => `mixed/x-${user}-y/${clientId}/z`,
  ),
];

type Client = (typeof CLIENTS)[number];

const missing = spawnSync("mosquitto", ["-h"]).error ? "mosquitto is not installed" : false;

describe("an acl_file in Mosquitto and here", { skip: missing }, () => {
  test("allows the same", async (t) => {
    const port = await startMosquitto(t, ACL, [...CLIENTS, DEEP]);
    const root = await connect(t, port, { user: ROOT, clientId: "root" });
    for (const client of CLIENTS) {
      const theirs = await askMosquitto(t, port, root, client);
      const ours = verdicts(ACL, client);
      assert.deepEqual(ours, theirs, client.user);
      // bo may receive nearly everything; nobody nothing, with the two exceptions of names that patterns are not for.
      const plain = !/[+#]/.test(client.user + client.clientId);
      assert.equal(
        ours.published.length > 0,
        plain && client.user !== "bo" ? true : ours.published.length > 0,
      );
      assert.equal(ours.received.length > 0, plain);
    }
    const theirs = await askMosquitto(t, port, root, DEEP);
    const ours = verdicts(ACL, DEEP);
    assert.deepEqual(
      theirs.received.filter((topic) => !ours.received.includes(topic)),
      ["own/d/e", "own/d/e/x"],
      "a name with / is not filled in here",
    );
    assert.deepEqual(
      ours.received.filter((topic) => !theirs.received.includes(topic)),
      [],
    );
    assert.deepEqual(
      ours.published.filter((topic) => !theirs.published.includes(topic)),
      [],
    );
  });

  test("denies more where a pattern denies what a topic allows", async (t) => {
    const acl = `user ${ROOT}\ntopic #\nuser ana\ntopic a/#\npattern deny a/b\n`;
    const port = await startMosquitto(t, acl, CLIENTS);
    const root = await connect(t, port, { user: ROOT, clientId: "root" });
    const ana = { user: "ana", clientId: "c1" };
    const topics = ["a/b", "a/c"];
    assert.deepEqual((await askMosquitto(t, port, root, ana, topics)).received, ["a/b", "a/c"]);
    assert.deepEqual(verdicts(acl, ana, topics).received, ["a/c"]);
  });

  test("refuses a subscription that could bring nothing, which is granted there", async (t) => {
    const acl = "user ana\ntopic read a/#\n";
    const ana = { user: "ana", clientId: "c1" };
    const client = await connect(t, await startMosquitto(t, acl, CLIENTS), ana);
    assert.equal((await client.subscribeAsync("b/#", { qos: 1 }))[0]?.qos, 1);
    const rights = engineOf([], parseAcl(acl, "acl")).rightsOf(principalOf(ana.user), ana.clientId);
    assert.equal(rights?.readable("b/#"), undefined);
  });

  for (const line of [
    "topic",
    "pattern",
    "user",
    "nonsense",
    "  # not at the start of the line",
    "topic\tread\ta",
    "topic READ a",
    "topic with space",
    "topic read a#b",
    "topic read a/#/b",
    "pattern readwrite +a/%u",
  ])
    test(`${JSON.stringify(line)} is refused by both`, async (t) => {
      assert.throws(() => parseAcl(`topic a\n${line}\n`, "acl"), AclFault);
      await assert.rejects(startMosquitto(t, `topic a\n${line}\n`, []), /ended/);
    });

  for (const line of [
    "topic deny",
    "  topic read a",
    "topic read  a  b ",
    "user  two words ",
    "topic a\r",
    "",
  ])
    test(`${JSON.stringify(line)} is taken by both`, async (t) => {
      parseAcl(`topic a\n${line}\n`, "acl");
      await startMosquitto(t, `topic a\n${line}\n`, []);
    });
});

function verdicts(acl: string, { user, clientId }: Client, topics = TOPICS) {
  const rights = engineOf([], parseAcl(acl, "acl")).rightsOf(principalOf(user), clientId);
  return {
    received: topics.filter((topic) => rights?.mayReceive(topic)).sort(),
    published: topics.filter((topic) => rights?.mayPublish(topic, 1, false)).sort(),
  };
}

/** What somebody receives of what is published to every topic, and what arrives of what it publishes to each. */
async function askMosquitto(t: TestContext, port: number, root: MqttClient, client: Client, topics = TOPICS) {
  const connection = await connect(t, port, client);
  const received = await gather(connection, "#", () => publishAll(root, topics));
  const published = await gather(root, "#", () => publishAll(connection, topics));
  await connection.endAsync();
  return { received, published };
}

/** The topics of what arrives meanwhile. What was sent to a client comes before the answer to its next packet. */
async function gather(client: MqttClient, filter: string, meanwhile: () => Promise<void>): Promise<string[]> {
  const topics: string[] = [];
  const note = (topic: string) => void topics.push(topic);
  await client.subscribeAsync(filter);
  client.on("message", note);
  await meanwhile();
  await client.unsubscribeAsync(filter);
  client.off("message", note);
  return topics.sort();
}

async function publishAll(client: MqttClient, topics: readonly string[]): Promise<void> {
  await Promise.all(topics.map((topic) => client.publishAsync(topic, "x", { qos: 1 })));
}

async function connect(t: TestContext, port: number, { user, clientId }: Client): Promise<MqttClient> {
  const credentials = user === "" ? {} : { username: user, password: "secret" };
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId,
    reconnectPeriod: 0,
    ...credentials,
  });
  t.after(() => client.end(true));
  return client;
}

/** Resolves to its port. */
async function startMosquitto(t: TestContext, acl: string, clients: readonly Client[]): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), "causeway-acl-"));
  t.after(() => rmSync(home, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text, { mode: 0o600 });
    return join(home, name);
  };
  const names = [ROOT, ...clients.map(({ user }) => user)].filter((user) => user !== "");
  const passwords = file("passwords", names.map((user) => `${user}:secret\n`).join(""));
  spawnSync("mosquitto_passwd", ["-U", passwords]);
  const port = await freePort();
  const configuration = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    `password_file ${passwords}`,
    `acl_file ${file("acl", acl)}`,
    ...(process.getuid?.() === 0 ? ["user root"] : []),
  ];
  const child = spawn("mosquitto", ["-c", file("conf", `${configuration.join("\n")}\n`)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      said += chunk;
      if (/running/.test(said)) resolve();
    });
    ended.then(() => reject(new Error(`mosquitto ended: ${said}`)));
  });
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
