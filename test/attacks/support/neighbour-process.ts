/*
 * Well-behaved clients in a process of their own, so that what an attack costs the attacker is not in their figures: an MQTT client that
 * publishes, one that is subscribed, and a session of a channel. Told and telling over IPC; the words are in neighbours.ts.
 */
import { type EventEmitter, once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import mqtt from "mqtt";
import WebSocket from "ws";
import type { Arrivals, Order, Plan, Report } from "./neighbours.js";

/** How long what is under way may take once nothing new is sent. */
const PATIENCE_MS = 10_000;

/** Numbers as they arrive, and how long each was on its way. */
class Arriving {
  #next = 0;
  #count = 0;
  #fault: string | undefined;
  #latencies: number[] = [];

  take(number: number, sentAt: number): void {
    if (number !== this.#next) this.#fault ??= `${number} came where ${this.#next} was due`;
    this.#next = number + 1;
    this.#count++;
    this.#latencies.push(performance.now() - sentAt);
  }

  get count(): number {
    return this.#count;
  }

  /** What came before is warming up. */
  begin(): void {
    this.#latencies = [];
  }

  end(): Arrivals {
    return { count: this.#count, fault: this.#fault, latencies: this.#latencies };
  }
}

const plan = JSON.parse(process.argv[2] ?? "{}") as Plan;
const overMqtt = new Arriving();
const overChannel = new Arriving();
const echoed = new Arriving();
const faults: string[] = [];
let sent = 0;

const subscriber = await client("neighbour-subscriber");
subscriber.on("message", (_topic, payload) => take(overMqtt, payload.toString()));
await subscriber.subscribeAsync(plan.topic, { qos: 1 });
const publisher = await client("neighbour-publisher");
await openSession();
const echo = await control();
const timer = setInterval(send, 1_000 / plan.perSecond);
process.on("message", obey);
process.on("disconnect", () => process.exit());
tell({ kind: "ready" });

function send(): void {
  const text = `${sent++} ${performance.now()}`;
  publisher.publish(plan.topic, text, { qos: 1 });
  echo.write(`${text}\n`);
}

function take(arriving: Arriving, text: string): void {
  const [number, sentAt] = text.split(" ").map(Number);
  arriving.take(number ?? -1, sentAt ?? 0);
}

async function obey(order: Order): Promise<void> {
  if (order === "begin") {
    for (const arriving of [overMqtt, overChannel, echoed]) arriving.begin();
    tell({ kind: "begun" });
    return;
  }
  clearInterval(timer);
  const deadline = Date.now() + PATIENCE_MS;
  while ([overMqtt, overChannel, echoed].some(({ count }) => count < sent) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10));
  tell({
    kind: "finished",
    sent,
    mqtt: overMqtt.end(),
    channel: overChannel.end(),
    machine: echoed.end().latencies,
    faults,
  });
}

async function client(clientId: string) {
  const { host, port, username, password, localAddress } = plan;
  const stream = () => openSocket({ host, port, ...(localAddress ? { localAddress } : {}) });
  const credentials = username === undefined ? {} : { username, password: password ?? "" };
  const client = new mqtt.MqttClient(stream, { clientId, reconnectPeriod: 0, keepalive: 0, ...credentials });
  const connected = once(client as unknown as EventEmitter, "connect");
  client.on("close", () => faults.push(`${clientId} was closed`));
  client.on("error", (error) => faults.push(`${clientId}: ${error.message}`));
  await connected;
  return client;
}

async function openSession(): Promise<void> {
  const { localAddress } = plan;
  const socket = new WebSocket(plan.channelUrl, {
    perMessageDeflate: false,
    ...(localAddress ? { localAddress } : {}),
  });
  socket.on("close", (code, reason) => faults.push(`the session was closed: ${code} ${reason}`));
  await once(socket, "open");
  const command = async (line: object) => {
    socket.send(JSON.stringify(line));
    const [answer] = (await once(socket, "message")) as [Buffer];
    const { error } = JSON.parse(answer.toString());
    if (error) throw new Error(`the session: ${JSON.stringify(error)}`);
  };
  await command({ id: 1, connect: plan.token === undefined ? {} : { token: plan.token } });
  await command({ id: 2, subscribe: { channel: plan.channel } });
  socket.on("message", (message: Buffer) => {
    for (const line of message.toString().split("\n")) {
      const { push } = JSON.parse(line);
      if (push?.pub) take(overChannel, String(push.pub.data));
      else if (line === "{}") socket.send("{}"); // a ping
    }
  });
}

/** What the machine itself makes them wait: the same bytes, over a process that does nothing but send them back. */
async function control(): Promise<Socket> {
  const socket = openSocket(plan.echoPort, "127.0.0.1").setNoDelay(true);
  await once(socket, "connect");
  let rest = "";
  socket.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(echoed, line);
  });
  return socket;
}

function tell(report: Report): void {
  process.send?.(report);
}
