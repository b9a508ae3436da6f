import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Packet } from "mqtt-packet";
import { connect } from "../helpers/mqtt.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { Peer } from "./support/peer.js";

const ID = 7;
const BREAKS = ["the connection is cut", "SIGTERM", "SIGKILL"] as const;
type Break = (typeof BREAKS)[number];

function publish(topic: string, payload: string, dup = false, messageId = ID): Packet {
  return { cmd: "publish", topic, payload, qos: 2, retain: false, dup, messageId };
}

const pubrel: Packet = { cmd: "pubrel", messageId: ID };

async function afterBreak(t: TestContext, how: Break, server: RunningServer, peers: readonly Peer[]) {
  if (how === "SIGKILL") await server.kill();
  if (how === "SIGTERM") assert.equal(await server.stop(), 0);
  await Promise.all(peers.map((peer) => peer.cut()));
  return server.alive ? server : await startServer(t, { data: server.data });
}

/** What a sender has done when the connection breaks, and what it sends when it is back [MQTT-4.4.0-1]. */
const SENDER_STEPS: Readonly<
  Record<string, { before(peer: Peer): Promise<void>; again(topic: string): Packet[] }>
> = {
  "PUBLISH is sent": {
    before: async (peer) => peer.send(publish(peer.id, "message")),
    again: (topic) => [publish(topic, "message", true), pubrel],
  },
  "PUBREC has come": {
    before: async (peer) => {
      peer.send(publish(peer.id, "message"));
      await peer.first("pubrec");
    },
    again: () => [pubrel],
  },
  // A sender may have lost PUBREC in a crash of its own.
  "PUBREC has come and is forgotten": {
    before: async (peer) => {
      peer.send(publish(peer.id, "message"));
      await peer.first("pubrec");
    },
    again: (topic) => [publish(topic, "message", true), pubrel],
  },
  "PUBREL is sent": {
    before: async (peer) => {
      peer.send(publish(peer.id, "message"));
      await peer.first("pubrec");
      peer.send(pubrel);
    },
    again: () => [pubrel],
  },
  "PUBCOMP has come": {
    before: async (peer) => {
      peer.send(publish(peer.id, "message"));
      await peer.first("pubrec");
      peer.send(pubrel);
      await peer.first("pubcomp");
    },
    again: () => [],
  },
};

for (const how of BREAKS)
  test(`senders at QoS 2 go on where they were when ${how} [MQTT-4.3.3-2]`, async (t) => {
    const first = await startServer(t);
    const subscriber = new Peer(t, "subscriber");
    await subscriber.connect(first);
    await subscriber.subscribe("#");
    await subscriber.cut();
    const senders = Object.entries(SENDER_STEPS).map(([step, rest]) => ({
      peer: new Peer(t, step),
      ...rest,
    }));
    for (const { peer, before } of senders) {
      await peer.connect(first);
      await before(peer);
    }
    const second = await afterBreak(
      t,
      how,
      first,
      senders.map(({ peer }) => peer),
    );
    for (const { peer, again } of senders) {
      assert.equal(await peer.connect(second), true, peer.id);
      const packets = again(peer.id);
      for (const packet of packets) {
        peer.send(packet);
        await peer.first(packet.cmd === "publish" ? "pubrec" : "pubcomp");
      }
      await peer.ping();
      assert.equal(peer.packets.length, packets.length + 1, `${peer.id}: ${JSON.stringify(peer.packets)}`);
      // The identifier is free again: what comes under it now is another message.
      await peer.cut();
      await peer.connect(second);
      peer.send(publish(peer.id, "next"));
      await peer.first("pubrec");
    }
    const reader = await connect(t, second.mqttUrl, { clientId: subscriber.id, clean: false });
    await reader.messages(senders.length * 2);
    await reader.publish("end", "", 2);
    await reader.messages(senders.length * 2 + 1);
    const got = (topic: string) =>
      reader.received.filter((each) => each.topic === topic).map(({ payload }) => payload);
    for (const { peer } of senders) assert.deepEqual(got(peer.id), ["message", "next"], peer.id);
  });

/** What a receiver has done when the connection breaks, and what may come of the message when it is back. */
const RECEIVER_STEPS: Readonly<
  Record<string, { before(peer: Peer, id: number): Promise<void>; comes(how: Break): readonly string[] }>
> = {
  "PUBLISH has come": {
    before: async () => undefined,
    comes: () => ["publish dup, pubrel"],
  },
  "PUBREC is sent": {
    before: async (peer, messageId) => peer.send({ cmd: "pubrec", messageId }),
    comes: () => ["publish dup, pubrel", "pubrel"],
  },
  "PUBREL has come": {
    before: async (peer, messageId) => {
      peer.send({ cmd: "pubrec", messageId });
      await peer.first("pubrel");
    },
    comes: () => ["pubrel"],
  },
  "PUBCOMP is sent": {
    before: async (peer, messageId) => {
      peer.send({ cmd: "pubrec", messageId });
      await peer.first("pubrel");
      peer.send({ cmd: "pubcomp", messageId });
      await peer.ping();
    },
    // That a message is done with need not be on the disk at once: PUBREL again does no harm.
    comes: (how) => (how === "SIGKILL" ? ["", "pubrel"] : [""]),
  },
};

for (const how of BREAKS)
  test(`receivers at QoS 2 go on where they were when ${how} [MQTT-4.3.3-2] [MQTT-4.4.0-1]`, async (t) => {
    const first = await startServer(t);
    const receivers = Object.entries(RECEIVER_STEPS).map(([step, rest]) => ({
      peer: new Peer(t, step),
      ...rest,
    }));
    for (const { peer } of receivers) {
      await peer.connect(first);
      await peer.subscribe("news");
    }
    const before = await connect(t, first.mqttUrl);
    await before.publish("news", "message", 2);
    const ids = new Map<Peer, number>();
    for (const { peer, before } of receivers) {
      const { messageId = 0 } = await peer.first("publish");
      ids.set(peer, messageId);
      await before(peer, messageId);
    }
    const second = await afterBreak(
      t,
      how,
      first,
      receivers.map(({ peer }) => peer),
    );
    const publisher = await connect(t, second.mqttUrl);
    await publisher.publish("news", "next", 2);
    for (const { peer, comes } of receivers) {
      peer.answers = true;
      assert.equal(await peer.connect(second), true, peer.id);
      const next = await peer.message("next");
      await peer.first("pubrel", next.messageId);
      const id = ids.get(peer);
      // The identifier of a message that is done with may be that of the next one.
      const own = next.messageId === id ? peer.packets.slice(0, peer.packets.indexOf(next)) : peer.packets;
      const came = own.filter((packet) => packet.messageId === id).map(describe);
      assert.ok(comes(how).includes(came.join(", ")), `${peer.id}: ${came.join(", ") || "nothing"} came`);
      assert.equal(next.dup, false);
    }
  });

for (const how of BREAKS)
  test(`a receiver gets each message once although after each packet ${how}`, async (t) => {
    let server = await startServer(t);
    const peer = new Peer(t, "receiver");
    await peer.connect(server);
    await peer.subscribe("news");
    await peer.cut();
    const publisher = await connect(t, server.mqttUrl);
    const payloads = ["a", "b", "c"];
    for (const payload of payloads) await publisher.publish("news", payload, 2);
    const held = new Set<number>();
    const got: string[] = [];
    // PUBLISH and PUBREL of each, and for each a PUBCOMP that a crash may have made forgotten.
    for (
      let turn = 0;
      turn < payloads.length * 3 && (got.length < payloads.length || held.size > 0);
      turn++
    ) {
      assert.equal(await peer.connect(server), true);
      const packet = await peer.next();
      const { messageId = 0 } = packet;
      if (packet.cmd === "publish" && !held.has(messageId)) got.push(packet.payload.toString());
      if (packet.cmd === "publish") held.add(messageId);
      else held.delete(messageId);
      peer.send({ cmd: packet.cmd === "publish" ? "pubrec" : "pubcomp", messageId });
      await peer.ping();
      server = await afterBreak(t, how, server, [peer]);
    }
    assert.deepEqual([got, held.size], [payloads, 0]);
  });

function describe(packet: Packet): string {
  return packet.cmd === "publish" && packet.dup ? "publish dup" : packet.cmd;
}
