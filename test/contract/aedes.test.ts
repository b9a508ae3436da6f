import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Aedes } from "aedes";
import mqttPacket from "mqtt-packet";
import { socketConnection } from "../../src/listeners/socket-transport.js";
import { Client } from "../../src/mqtt/client.js";
import { Engine, type EngineClient, type EngineParts } from "../../src/mqtt/engine.js";
import { KeepAlive } from "../../src/mqtt/keep-alive.js";
import { Shares } from "../../src/mqtt/shares.js";
import { Turn } from "../../src/outbox/turn.js";
import type { Teardown } from "../helpers/teardown.js";

/*
 * What the broker relies on beyond the documentation of Aedes. When one of these fails, Aedes has changed: read
 * docs/decisions/aedes-seams.md before pinning another version.
 */

const ours = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

test("Aedes is pinned to the version that these tests were written for", () => {
  assert.equal(ours.dependencies.aedes, "1.2.0");
  assert.equal((new Aedes() as unknown as { version: string }).version, "1.2.0");
});

/** What the tests see of an engine behind a real socket, with all packets left to it. */
interface Bench {
  readonly steps: string[];
  readonly engine: Engine;
  readonly wire: Wire;
  readonly client: EngineClient;
  readonly dial: (connectPacket: object) => Promise<{ wire: Wire; client: EngineClient }>;
  /** A CONNECT that may not be accepted. */
  readonly call: (connectPacket: object) => Wire;
}

/** What a test decides itself. */
type Decisions = Pick<EngineParts, "isOwn"> & Pick<EngineParts["options"], "authenticate">;

/** A client's end of a socket. */
class Wire {
  readonly got: string[] = [];
  readonly #socket: Socket;
  readonly #parser = mqttPacket.parser();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#parser.on("packet", ({ cmd }) => this.got.push(cmd));
    socket.on("data", (chunk) => this.#parser.parse(chunk));
  }

  send(...packets: mqttPacket.Packet[]): void {
    this.#socket.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))));
  }

  async receive(command: string): Promise<void> {
    while (!this.got.includes(command)) await once(this.#socket, "data");
  }

  cut(): void {
    this.#socket.destroy();
  }
}

const LIMITS = { maxPacketSize: 1024 ** 2, maxOutboxSize: 1024 ** 2, drainTimeout: 10_000 };
const CONNECT = {
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  clientId: "",
  keepalive: 1,
} as const;

async function bench(
  t: Teardown,
  connectPacket: object = {},
  { isOwn, authenticate }: Decisions = {},
): Promise<Bench> {
  const steps: string[] = [];
  const engine = new Engine({
    options: {
      preConnect: (_client, packet, done) => {
        packet.clientId ||= "assigned";
        packet.keepalive = 0;
        steps.push("preConnect");
        done(null, true);
      },
      ...(authenticate && { authenticate }),
      authorizeSubscribe: (client, subscription, done) => {
        steps.push(`authorizeSubscribe ${client.id} ${subscription.topic} ${subscription.qos}`);
        done(null, subscription.topic === "refused" ? null : subscription);
      },
      authorizePublish: (_client, packet, done) => {
        steps.push(`authorizePublish ${packet.topic}`);
        done(null);
      },
    },
    publish: ({ topic, qos }, client, done) => {
      if (!topic.startsWith("$SYS")) steps.push(`publish ${topic} ${qos} of ${client?.id}`);
      process.nextTick(done);
    },
    ...(isOwn && { isOwn }),
  });
  await engine.listen();
  t.after(() => engine.close());
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const owners = new Map<object, Client>();
  server.on("connection", (incoming) => {
    const connection = socketConnection(incoming, "tcp");
    const client = engine.accept(connection, undefined);
    const turn = new Turn((error) => assert.ifError(error));
    const owner = new Client(connection, client, {
      inbound: { take: () => false } as never,
      onClosed: () => steps.push("closed"),
    });
    owners.set(client, owner);
    connection.start({ limits: LIMITS, turn, shares: new Shares(), clock: new KeepAlive() }, owner);
  });
  engine.on("clientReady", (ready) => {
    const client = ready as unknown as EngineClient;
    steps.push(`clientReady ${client.id}`);
    engine.shareParser(client);
    owners.get(client)?.open({ attach: () => undefined, drained: () => undefined } as never);
  });
  engine.on("unsubscribe", (filters) => steps.push(`unsubscribe ${filters.join()}`));
  const call = (options: object) => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    t.after(() => socket.destroy());
    const wire = new Wire(socket);
    wire.send({ ...CONNECT, ...options } as mqttPacket.IConnectPacket);
    return wire;
  };
  const dial = async (options: object) => {
    const wire = call(options);
    const [client] = (await once(engine, "clientReady")) as [EngineClient];
    await wire.receive("connack");
    return { wire, client };
  };
  return { steps, engine, dial, call, ...(await dial(connectPacket)) };
}

test("the hooks run in order, and what preConnect changes of CONNECT holds", async (t) => {
  const { steps, client } = await bench(t);
  assert.deepEqual(steps, ["preConnect", "clientReady assigned"]);
  assert.equal((client as unknown as { _keepaliveTimer: unknown })._keepaliveTimer, null);
});

test("authenticate is given a name as text and a password as bytes, and a refusal leaves who is connected alone", async (t) => {
  const asked: unknown[] = [];
  const authenticate: Decisions["authenticate"] = (_client, name, password, done) => {
    asked.push(name, password);
    const refusal = Object.assign(new Error("no"), { returnCode: 4 as const });
    // It may take its time.
    setImmediate(() => (name === "eve" ? done(refusal, null) : done(null, true)));
  };
  const { call, engine, client } = await bench(t, {}, { authenticate });
  const failed = new Promise<Error>((resolve) =>
    engine.once("clientError", (_client, error) => resolve(error)),
  );
  const eve = call({ username: "eve", password: Buffer.of(0, 0xff) });
  assert.equal((await failed).message, "no");
  await eve.receive("connack");
  assert.deepEqual(asked, [undefined, undefined, "eve", Buffer.of(0, 0xff)]);
  assert.equal(client.closed, false);
  assert.equal((engine as unknown as { clients: Record<string, object> }).clients.assigned, client);
});

test("registerClient closes who is connected under the identifier, and whoever is turned down there leaves no trace", async (t) => {
  let isOwn = true;
  const { dial, call, engine, client, steps } = await bench(t, {}, { isOwn: () => isOwn });
  const { clients } = engine as unknown as { clients: Record<string, object> };
  const second = await dial({ clientId: "assigned" });
  assert.equal(client.closed, true);
  isOwn = false;
  const before = steps.length;
  call({ clientId: "assigned" });
  while (!steps.slice(before).includes("closed")) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(second.client.closed, false);
  assert.equal(clients.assigned, second.client);
  assert.equal(steps.filter((step) => step === "clientReady assigned").length, 2);
});

test("packets are dealt with one at a time, and the engine asks for more when it is done with one", async (t) => {
  const { steps, wire } = await bench(t);
  const filters = Array.from({ length: 50 }, (_, i) => `f/${i}`);
  wire.send(
    ...filters.map((topic, i) => ({
      cmd: "subscribe" as const,
      messageId: i + 1,
      subscriptions: [{ topic, qos: 1 as const }],
    })),
    { cmd: "unsubscribe", messageId: 99, unsubscriptions: ["f/7"] },
  );
  await wire.receive("unsuback");
  assert.deepEqual(steps.slice(2), [
    ...filters.map((topic) => `authorizeSubscribe assigned ${topic} 1`),
    "unsubscribe f/7",
  ]);
  assert.deepEqual(wire.got, ["connack", ...filters.map(() => "suback"), "unsuback"]);
});

test("the subscribe event comes after SUBACK, with what was granted", async (t) => {
  const { wire, engine } = await bench(t);
  const subscribed = new Promise<object[]>((resolve) =>
    engine.once("subscribe", (subscriptions, client) => resolve([subscriptions, { id: client.id }])),
  );
  const subscriptions = [
    { topic: "a", qos: 1 as const },
    { topic: "refused", qos: 1 as const },
  ];
  wire.send({ cmd: "subscribe", messageId: 3, subscriptions });
  const [granted] = (await subscribed) as [{ topic: string; qos: number }[]];
  assert.deepEqual(
    granted.map(({ topic, qos }) => [topic, qos]),
    [
      ["a", 1],
      ["refused", 128],
    ],
  );
  await wire.receive("suback");
});

const will = { topic: "gone", payload: Buffer.from("x"), qos: 1, retain: false };

test("a connection that is cut publishes the will: authorizePublish, then publish", async (t) => {
  const { steps, wire } = await bench(t, { will });
  wire.cut();
  while (!steps.includes("closed")) await new Promise((resolve) => setImmediate(resolve));
  while (steps.length < 5) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(steps.slice(2), ["authorizePublish gone", "publish gone 1 of assigned", "closed"]);
});

test("DISCONNECT drops the will and ends the connection", async (t) => {
  const { steps, wire } = await bench(t, { will });
  wire.send({ cmd: "disconnect" });
  while (!steps.includes("closed")) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(steps.slice(2), ["closed"]);
});

test("a client is closed from when its connection is over, before its will is dealt with, and not while it is there", async (t) => {
  const { engine, client, dial } = await bench(t, { will });
  const { persistence } = engine as unknown as { persistence: { delWill(of: object): Promise<unknown> } };
  const delWill = persistence.delWill.bind(persistence);
  let dealtWith: readonly boolean[] = [];
  const clients = [client];
  persistence.delWill = (of) => {
    // With the identifier of a broker it is about a connection that is over; CONNECT asks for it without.
    if ("brokerId" in of) dealtWith = clients.map(({ closed }) => closed);
    return delWill(of);
  };
  assert.equal(client.closed, false);
  const second = await dial({ clientId: "assigned", will });
  clients.push(second.client);
  while (dealtWith.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([dealtWith, client.closed, second.client.closed], [[true], true, false]);
  second.wire.send({ cmd: "disconnect" });
  while (dealtWith.length === 1) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(dealtWith, [true, true]);
});

test("a bad packet ends its own connection, and the shared parser serves the others", async (t) => {
  const { engine, client, dial } = await bench(t);
  const other = await dial({ clientId: "other" });
  const failed = new Promise<Error>((resolve) =>
    engine.once("clientError", (_client, error) => resolve(error)),
  );
  // SUBSCRIBE without a packet identifier, and bytes that are left over.
  client.conn.feed(Buffer.of(0x82, 0x00, 0x10, 0xff), client);
  assert.match((await failed).message, /./);
  assert.equal(client.closed, true);
  assert.equal(client._parser, other.client._parser);
  other.wire.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 0 }] });
  await other.wire.receive("suback");
});
