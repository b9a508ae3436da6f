import { once } from "node:events";
import { connect, type Socket } from "node:net";
import mqttPacket from "mqtt-packet";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";

const TOPIC = "flood";
const PAYLOAD = 100;
const PATIENCE_MS = 20_000;
/** Fixed header, topic with its length, payload. */
const FRAME = 2 + 2 + TOPIC.length + PAYLOAD;
const NUMBER_AT = FRAME - PAYLOAD;
/** CONNACK and SUBACK. */
const GREETING = 4 + 5;

/** PUBLISH packets at QoS 0 that all have the same length and a number. */
export function floodBatch(first: number, count: number): Buffer {
  const payload = Buffer.alloc(PAYLOAD, "x");
  const frame = mqttPacket.generate({
    cmd: "publish",
    topic: TOPIC,
    payload,
    qos: 0,
    dup: false,
    retain: false,
  });
  const batch = Buffer.alloc(FRAME * count, frame);
  for (let i = 0; i < count; i++) batch.writeUInt32BE(first + i, i * FRAME + NUMBER_AT);
  return batch;
}

/**
 * A subscriber to the flood that costs next to nothing: since every packet has the same length, it parses none. A
 * slow one rests after every read.
 */
export class FloodReader {
  received = 0;
  /** What was wrong with the stream, if anything. */
  fault: string | undefined;
  restMs: number;
  readonly #socket: Socket;
  #last = -1;
  /** The beginning of a packet whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  #onData: () => void = () => undefined;

  private constructor(socket: Socket, restMs: number) {
    this.#socket = socket;
    this.restMs = restMs;
    socket.on("data", (chunk) => this.#take(chunk));
  }

  static async open(t: Teardown, { mqtt }: RunningServer, clientId: string, restMs = 0) {
    const socket = connect(mqtt.port, mqtt.host);
    t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    const hello = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId, clean: true } as const;
    socket.write(mqttPacket.generate({ ...hello, keepalive: 0 }));
    const subscriptions = [{ topic: TOPIC, qos: 0 } as const];
    socket.write(mqttPacket.generate({ cmd: "subscribe", messageId: 1, subscriptions }));
    let greeting = Buffer.alloc(0);
    while (greeting.length < GREETING) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      greeting = Buffer.concat([greeting, chunk]);
    }
    return new FloodReader(socket, restMs);
  }

  /** Resolves when the condition holds, which is looked at after every read; what is missing then shows in the counts. */
  static until(readers: readonly FloodReader[], holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        resolve();
      };
      for (const reader of readers) reader.#onData = look;
      look();
    });
  }

  /** Closes the connection, and waits for it. */
  async end(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.resume();
    this.#socket.end(mqttPacket.generate({ cmd: "disconnect" }));
    await closed;
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (; at + FRAME <= bytes.length; at += FRAME) this.#frame(bytes, at);
    this.#rest = Buffer.from(bytes.subarray(at));
    this.#onData();
    if (this.restMs === 0) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), this.restMs);
  }

  #frame(bytes: Buffer, at: number): void {
    this.received++;
    const number = bytes.readUInt32BE(at + NUMBER_AT);
    if (bytes[at] !== 0x30) this.fault ??= `the first byte of a packet is ${bytes[at]}`;
    if (number <= this.#last) this.fault ??= `${number} came after ${this.#last}`;
    this.#last = number;
  }
}
