import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import WebSocket from "ws";
import { socketConnection } from "../../../src/listeners/socket-transport.js";
import { acceptWebSockets } from "../../../src/listeners/websocket.js";
import {
  type Connection,
  type ConnectionLimits,
  type ConnectionOwner,
  Hold,
} from "../../../src/mqtt/connection.js";
import { KeepAlive } from "../../../src/mqtt/keep-alive.js";
import { Shares } from "../../../src/mqtt/shares.js";
import { Turn } from "../../../src/outbox/turn.js";

const LIMITS = { maxPacketSize: 1024 ** 2, maxOutboxSize: 256 * 1024, drainTimeout: 60_000 };
const CONNECT = Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x78]);
/** A PUBLISH at QoS 0 of 1,003 bytes. */
const PUBLISH = Buffer.concat([Buffer.from([0x30, 0xe8, 0x07, 0, 1, 0x61]), Buffer.alloc(997)]);
const PINGREQ = Buffer.of(0xc0, 0);

/** An owner that remembers the packets, and what to do at each. */
class Owner implements ConnectionOwner {
  packets = 0;
  bytes = 0;
  error: Error | undefined;
  readonly closing: Promise<void>;
  onPacket: (packet: Buffer, connection: Connection) => string | undefined = () => undefined;
  #onClosed: () => void = () => undefined;

  constructor() {
    this.closing = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  packet(connection: Connection, { packet }: { packet: Buffer }): string | undefined {
    this.packets++;
    this.bytes += packet.length;
    return this.onPacket(packet, connection);
  }

  drained(): void {}

  closed(_connection: Connection, error: Error | undefined): void {
    this.error = error;
    this.#onClosed();
  }
}

interface Pair<Client> {
  readonly connection: Connection;
  readonly owner: Owner;
  readonly shares: Shares;
  readonly client: Client;
}

function started(t: TestContext, connection: Connection, limits: ConnectionLimits, isIn = true) {
  const owner = new Owner();
  const shares = new Shares();
  const turn = new Turn((error) => assert.ifError(error));
  connection.start({ limits, turn, shares, clock: new KeepAlive() }, owner);
  if (isIn) connection.open();
  t.after(() => connection.destroy());
  return { connection, owner, shares };
}

async function port(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A connection over a real TCP socket, and the client's end of it. */
async function overTcp(t: TestContext, limits = LIMITS): Promise<Pair<Socket>> {
  const server = createServer({ allowHalfOpen: true });
  const accepted = new Promise<Connection>((resolve) => {
    server.once("connection", (socket) => resolve(socketConnection(socket, "tcp")));
  });
  const client = connect(await port(t, server), "127.0.0.1");
  client.on("error", () => undefined);
  t.after(() => client.destroy());
  return { client, ...started(t, await accepted, limits) };
}

async function overWebSocket(
  t: TestContext,
  limits: ConnectionLimits = LIMITS,
  isIn = true,
): Promise<Pair<WebSocket>> {
  const server = createHttpServer();
  const options = { ...limits, log: pino({ level: "silent" }) };
  const accepted = new Promise<Connection>((resolve) => {
    server.on(
      "upgrade",
      acceptWebSockets("ws", options, (connection) => resolve(connection)),
    );
  });
  const client = new WebSocket(`ws://127.0.0.1:${await port(t, server)}/mqtt`, ["mqtt"]);
  t.after(() => client.terminate());
  await once(client, "open");
  return { client, ...started(t, await accepted, limits, isIn) };
}

const STRICT = { ...LIMITS, unauthenticatedSize: 1_024 };

test("a WebSocket message of a client that is not let in is not collected, whole or in parts", async (t) => {
  for (const fin of [true, false]) {
    const { connection, owner, client } = await overWebSocket(t, STRICT, false);
    client.on("error", () => undefined);
    owner.onPacket = (_packet, { hold }) => hold.call(connection, Hold.connect) as undefined;
    client.send(Buffer.concat([CONNECT, Buffer.alloc(900_000)]), { fin });
    await owner.closing;
    assert.match(String(owner.error?.message), /limits\.unauthenticatedSize/);
    assert.ok(connection.bytesReceived === 0);
  }
});

test("once it is let in a client may send larger ones", async (t) => {
  const { connection, owner, client } = await overWebSocket(t, STRICT, false);
  client.send(CONNECT);
  while (owner.packets < 1) await turn();
  connection.open();
  client.send(Buffer.concat(Array.from({ length: 900 }, () => PUBLISH)));
  while (owner.packets < 901) await turn();
});

test("what is sent in one turn leaves as one WebSocket message, and the next turn's as another", async (t) => {
  const { connection, client } = await overWebSocket(t);
  for (let i = 0; i < 50; i++) connection.send(Buffer.from([i]));
  connection.answer(Buffer.from("and an answer"));
  const [first, isBinary] = await once(client, "message");
  assert.equal(isBinary, true);
  const bytes = Array.from({ length: 50 }, (_, i) => i);
  assert.deepEqual(first, Buffer.concat([Buffer.from(bytes), Buffer.from("and an answer")]));
  connection.send(Buffer.from("next"));
  const [second] = await once(client, "message");
  assert.equal(String(second), "next");
});

test("what is sent in one turn leaves as one write to the socket", async (t) => {
  const { connection, client } = await overTcp(t);
  for (let i = 0; i < 50; i++) connection.send(Buffer.from([i]));
  const [chunk] = await once(client, "data");
  assert.equal(chunk.length, 50);
});

test("a TCP sender that is held is made to wait, and its packets come whole and once when it is not", async (t) => {
  const { connection, owner, client } = await overTcp(t);
  client.write(CONNECT);
  while (owner.packets < 1) await turn();
  connection.hold(Hold.store);
  const count = 32_000;
  client.write(Buffer.concat(Array.from({ length: count }, () => PUBLISH)));
  while (await movedOn(() => client.bytesWritten - client.writableLength));
  assert.ok(connection.bytesReceived < 1024 ** 2, `${connection.bytesReceived} bytes were read ahead`);
  assert.ok(
    client.writableLength > (count * PUBLISH.length) / 2,
    `${client.writableLength} bytes are held back`,
  );
  assert.equal(owner.packets, 1);
  connection.release(Hold.store);
  while (owner.packets < 1 + count) await turn();
  assert.equal(owner.bytes, CONNECT.length + count * PUBLISH.length);
});

test("a WebSocket sender that is held is made to wait", async (t) => {
  const { connection, owner, client } = await overWebSocket(t);
  client.send(CONNECT);
  while (owner.packets < 1) await turn();
  connection.hold(Hold.store);
  const batch = Buffer.concat(Array.from({ length: 1_000 }, () => PUBLISH));
  for (let i = 0; i < 64; i++) client.send(batch);
  while (await movedOn(() => client.bufferedAmount));
  // A WebSocket message is delivered whole.
  assert.ok(
    connection.bytesReceived <= 2 * batch.length,
    `${connection.bytesReceived} bytes were read ahead`,
  );
  assert.ok(client.bufferedAmount > 32 * batch.length, `only ${client.bufferedAmount} bytes are held back`);
  connection.release(Hold.store);
  while (owner.packets < 1 + 64_000) await turn();
  assert.equal(owner.bytes, CONNECT.length + 64 * batch.length);
});

test("whoever floods gets a share of each turn, and all of it in the end", async (t) => {
  const { owner, shares, client } = await overTcp(t);
  owner.onPacket = () => {
    const until = performance.now() + 0.05;
    while (performance.now() < until);
    return undefined;
  };
  let others = 0;
  let most = 0;
  let before = 0;
  const look = () => {
    most = Math.max(most, owner.packets - before);
    before = owner.packets;
    others++;
    if (owner.packets <= 4_000) setImmediate(look);
  };
  setImmediate(look);
  client.write(Buffer.concat([CONNECT, ...Array.from({ length: 4_000 }, () => PUBLISH)]));
  while (owner.packets < 4_001) await turn();
  assert.ok(shares.exhausted > 50, `it had to wait ${shares.exhausted} times`);
  // 1 ms makes 20 packets of 0.05 ms; it is looked at the clock after every 16.
  assert.ok(most <= 64, `${most} packets in one turn, of ${others}`);
});

test("a fault that the owner finds ends the connection with that reason, and nothing after it is handed on", async (t) => {
  const { connection, owner, client } = await overTcp(t);
  owner.onPacket = (packet) => (packet[0] === 0xc0 ? "no pings here" : undefined);
  client.write(Buffer.concat([CONNECT, PINGREQ, PUBLISH]));
  await owner.closing;
  assert.equal(owner.packets, 2);
  assert.equal(connection.closeReason, "no pings here");
  assert.equal(owner.error?.message, "no pings here");
});

test("the client's end comes after its packets, also when those are held", async (t) => {
  const { connection, owner, client } = await overTcp(t);
  owner.onPacket = (packet) => {
    if (packet[0] === 0x10) connection.hold(Hold.connect);
    return undefined;
  };
  client.end(Buffer.concat([CONNECT, PUBLISH, PUBLISH]));
  while (await movedOn(() => connection.bytesReceived));
  assert.equal(owner.packets, 1);
  connection.open();
  await owner.closing;
  assert.equal(owner.packets, 3);
  assert.equal(owner.error, undefined);
});

test("a client that reads nothing makes the connection congested, then is closed by drainTimeout", async (t) => {
  const { connection, owner, client } = await overTcp(t, { ...LIMITS, drainTimeout: 100 });
  client.pause();
  while (!connection.congested) {
    assert.equal(connection.destroyed, false);
    connection.send(Buffer.alloc(64 * 1024));
    await turn();
  }
  await owner.closing;
  assert.equal(connection.drainTimedOut, true);
  assert.equal(connection.closeReason, "the client read nothing for 100 ms");
});

test("a client that leaves our answers unread is not read any more, and goes on when it reads", async (t) => {
  const { connection, owner, client } = await overTcp(t);
  const answer = Buffer.alloc(1_000);
  owner.onPacket = (packet) => {
    if (packet[0] === 0xc0) connection.answer(answer);
    return undefined;
  };
  client.pause();
  client.write(CONNECT);
  const pings = 40_000;
  client.write(Buffer.concat(Array.from({ length: pings }, () => PINGREQ)));
  while (!connection.held) await turn();
  while (await movedOn(() => owner.packets));
  assert.ok(owner.packets < pings, "it was read to the end");
  assert.ok(connection.backlog < 4 * LIMITS.maxOutboxSize, `${connection.backlog} bytes wait for it`);
  let read = 0;
  client.on("data", (chunk) => {
    read += chunk.length;
  });
  client.resume();
  while (read < pings * answer.length) await turn();
  assert.equal(owner.packets, 1 + pings);
});

test("packets come the same however their bytes are cut", async (t) => {
  const packets = [CONNECT, PINGREQ, PUBLISH, Buffer.from([0x30, 3, 0, 1, 0x61]), PINGREQ];
  const stream = Buffer.concat(packets);
  for (const size of [1, 2, 3, 7, 64]) {
    const { owner, client } = await overTcp(t);
    const seen: string[] = [];
    owner.onPacket = (packet) => {
      seen.push(packet.toString("hex"));
      return undefined;
    };
    client.setNoDelay(true);
    for (let at = 0; at < stream.length; at += size) {
      client.write(stream.subarray(at, at + size));
      await turn();
    }
    while (seen.length < packets.length) await turn();
    assert.deepEqual(
      seen,
      packets.map((packet) => packet.toString("hex")),
    );
  }
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether a figure still changes over many turns of the event loop. */
async function movedOn(figure: () => number): Promise<boolean> {
  const before = figure();
  for (let turns = 0; turns < 200; turns++) await turn();
  return figure() !== before;
}
