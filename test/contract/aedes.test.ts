import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { Aedes } from "aedes";
import mqttPacket from "mqtt-packet";

/*
 * What the broker relies on beyond the documentation of Aedes. When one of these fails, Aedes has changed: read
 * docs/decisions/aedes-seams.md before pinning another version.
 */

const ours = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

test("Aedes is pinned to the version that these tests were written for", () => {
  assert.equal(ours.dependencies.aedes, "1.2.0");
  assert.equal((new Aedes() as unknown as { version: string }).version, "1.2.0");
});

/** A stream without a socket: what the engine writes is collected, what the test pushes is read. */
class Wire extends Duplex {
  readonly written: string[] = [];
  #partial = Buffer.alloc(0);
  #parser = mqttPacket.parser();

  constructor() {
    super();
    this.#parser.on("packet", (packet) => this.written.push(packet.cmd));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#partial = Buffer.from(chunk);
    this.#parser.parse(this.#partial);
    this.emit("packet");
    done();
  }

  send(packet: mqttPacket.Packet): void {
    this.push(mqttPacket.generate(packet));
  }

  async got(command: string): Promise<void> {
    while (!this.written.includes(command)) await new Promise((resolve) => this.once("packet", resolve));
  }
}

interface Seen {
  readonly steps: string[];
  readonly broker: Aedes;
  readonly wire: Wire;
}

/** An engine with our kind of overrides, that writes down what happens. */
async function engine(t: { after(callback: () => void): void }): Promise<Seen> {
  const steps: string[] = [];
  class Engine extends Aedes {
    override publish(packet: never, client?: unknown, done?: unknown): void {
      const { topic, messageId } = packet as { topic: string; messageId?: number };
      if (!topic.startsWith("$SYS")) steps.push(`publish ${topic} ${messageId ?? "-"}`);
      const callback = typeof client === "function" ? client : done;
      if (typeof callback === "function") process.nextTick(callback);
    }

    override subscribe(filter: string, _deliver: unknown, done?: () => void): void {
      steps.push(`subscribe ${filter}`);
      done?.();
    }
  }
  const broker = new Engine({
    preConnect: (_client, packet, done) => {
      packet.clientId ||= "assigned";
      steps.push("preConnect");
      done(null, true);
    },
    authorizeSubscribe: (client, subscription, done) => {
      steps.push(`authorizeSubscribe ${client.id} ${subscription.topic} ${subscription.qos}`);
      done(null, subscription);
    },
    authorizePublish: (_client, packet, done) => {
      steps.push(`authorizePublish ${packet.topic}`);
      setImmediate(() => {
        steps.push("authorized");
        done(null);
      });
    },
  });
  await broker.listen();
  t.after(() => broker.close());
  const wire = new Wire();
  broker.on("clientReady", (client) => steps.push(`clientReady ${client.id}`));
  broker.on("unsubscribe", (filters) => steps.push(`unsubscribe ${filters.join()}`));
  const client = broker.handle(wire) as unknown as { deliverQoS: unknown; clean: boolean };
  client.deliverQoS = (packet: { topic: string; retain: boolean }, done: () => void) => {
    steps.push(`deliverQoS ${packet.topic} retain ${packet.retain}`);
    done();
  };
  wire.send({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "",
    keepalive: 0,
  });
  await wire.got("connack");
  if (!steps.includes("clientReady assigned"))
    await new Promise((resolve) => broker.once("clientReady", resolve));
  return { steps, broker, wire };
}

test("the hooks run in order, and the client identifier set in preConnect is the client's", async (t) => {
  const { steps } = await engine(t);
  assert.deepEqual(steps, ["preConnect", "clientReady assigned"]);
});

test("QoS 1: authorizePublish runs before PUBACK, publish after it, with the same packet object", async (t) => {
  const { steps, wire, broker } = await engine(t);
  const authorized: unknown[] = [];
  const { authorizePublish, publish } = broker;
  broker.authorizePublish = (client, packet, done) => {
    authorized.push(packet);
    assert.equal(wire.written.includes("puback"), false);
    authorizePublish(client, packet, done);
  };
  const published = new Promise<unknown>((resolve) => {
    broker.publish = (packet: unknown, ...rest: unknown[]) => {
      if (packet === authorized[0]) {
        assert.equal(wire.written.includes("puback"), true);
        resolve(packet);
      }
      publish.call(broker, packet as never, ...(rest as [never]));
    };
  });
  wire.send({ cmd: "publish", topic: "a", payload: "x", qos: 1, messageId: 7, dup: false, retain: false });
  assert.equal(await published, authorized[0]);
  assert.ok(steps.indexOf("authorized") > 0);
});

test("QoS 2: publish comes before PUBREC, with the packet identifier", async (t) => {
  const { steps, wire } = await engine(t);
  wire.send({ cmd: "publish", topic: "b", payload: "x", qos: 2, messageId: 9, dup: false, retain: false });
  await wire.got("pubrec");
  assert.ok(steps.includes("publish b 9"));
});

test("authorizeSubscribe sees every filter before the engine subscribes, and retained messages come through deliverQoS", async (t) => {
  const { steps, wire, broker } = await engine(t);
  await (
    broker as unknown as { persistence: { storeRetained(packet: object): Promise<void> } }
  ).persistence.storeRetained({
    cmd: "publish",
    topic: "r/1",
    payload: Buffer.from("x"),
    qos: 1,
    retain: true,
  });
  wire.send({ cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "r/+", qos: 1 }] });
  await wire.got("suback");
  while (!steps.some((step) => step.startsWith("deliverQoS")))
    await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(steps.slice(2), [
    "authorizeSubscribe assigned r/+ 1",
    "subscribe r/+",
    "deliverQoS r/1 retain true",
  ]);
  wire.send({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["r/+"] });
  await wire.got("unsuback");
  assert.ok(steps.includes("unsubscribe r/+"));
});
