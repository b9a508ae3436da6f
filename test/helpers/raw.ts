import mqttPacket, { type IConnectPacket, type Packet, type QoS } from "mqtt-packet";
import type { RunningServer } from "./server.js";
import type { Teardown } from "./teardown.js";
import { TcpWire, WebSocketWire, type Wire } from "./wire.js";

/** How long a test waits for something that should come soon. */
const PATIENCE_MS = 20_000;
/** Payload bytes that are kept of a message; large payloads repeat one character after them. */
const KEPT_BYTES = 64;

export type Carrier = "tcp" | "ws";

/** One PUBLISH as it came. */
export interface Publish {
  readonly topic: string;
  /** The beginning of the payload. */
  readonly text: string;
  readonly qos: QoS;
  readonly dup: boolean;
  readonly retain: boolean;
  /** The packet identifier; 0 at QoS 0. */
  readonly id: number;
}

export interface RawOptions {
  readonly carrier?: Carrier;
  readonly clientId?: string;
  readonly clean?: boolean;
  /** In seconds; 0, the default, for none. */
  readonly keepalive?: number;
  readonly will?: IConnectPacket["will"];
  readonly username?: string;
  readonly password?: string | Buffer;
  /** Whether it acknowledges by itself what it receives, at once. */
  readonly answers?: boolean;
  /** Whether to collect what it receives in `received`; a test that counts for itself need not. */
  readonly collects?: boolean;
}

let clients = 0;

/**
 * An MQTT client that does nothing by itself: no pings, no reconnects, and acknowledgements only when it is told to.
 * Reading can be stopped, so that what the server sends stays in the kernel's buffers and then in the server.
 */
export class RawMqtt {
  readonly clientId: string;
  readonly received: Publish[] = [];
  /** Packet identifiers of PUBREL, in order. */
  readonly releases: number[] = [];
  /** Packet identifiers of PUBACK and PUBCOMP, in order. */
  readonly acknowledged: number[] = [];
  /** Counts of packets by kind. */
  readonly counts = new Map<string, number>();
  readonly closed: Promise<void>;
  sessionPresent = false;
  /** Of CONNACK. */
  returnCode = -1;
  answers: boolean;
  onPublish: (publish: Publish) => void = () => undefined;
  onRelease: (id: number) => void = () => undefined;
  onAcknowledged: (id: number) => void = () => undefined;
  readonly #wire: Wire;
  readonly #collects: boolean;
  readonly #watchers = new Set<() => void>();
  #isClosed = false;
  #lastId = 0;
  #outgoing: Buffer[] = [];

  private constructor(wire: Wire, clientId: string, options: RawOptions) {
    this.#wire = wire;
    this.clientId = clientId;
    this.answers = options.answers ?? false;
    this.#collects = options.collects ?? true;
    const parser = mqttPacket.parser();
    parser.on("packet", (packet: Packet) => this.#take(packet));
    wire.onBytes = (bytes) => void parser.parse(bytes);
    this.closed = wire.closed.then(() => {
      this.#isClosed = true;
      this.#changed();
    });
  }

  /** Connects and waits for CONNACK; the socket is destroyed when the test ends. */
  static async connect(t: Teardown, server: RunningServer, options: RawOptions = {}): Promise<RawMqtt> {
    const wire = options.carrier === "ws" ? new WebSocketWire(server) : new TcpWire(server);
    t.after(() => wire.destroy());
    await wire.opened;
    const clientId = options.clientId ?? `raw-${++clients}`;
    const client = new RawMqtt(wire, clientId, options);
    client.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId,
      clean: options.clean ?? true,
      keepalive: options.keepalive ?? 0,
      ...(options.will ? { will: options.will } : {}),
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.password === undefined ? {} : { password: Buffer.from(options.password as string) }),
    });
    await client.until(() => client.count("connack") > 0, "CONNACK");
    return client;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes that the operating system has not taken yet. */
  get unsent(): number {
    return this.#wire.unsent;
  }

  count(cmd: Packet["cmd"]): number {
    return this.counts.get(cmd) ?? 0;
  }

  /** Sends packets; those of one turn leave together. */
  send(...packets: Packet[]): void {
    for (const packet of packets) this.sendBytes(mqttPacket.generate(packet));
  }

  sendBytes(bytes: Buffer): void {
    if (this.#outgoing.length === 0) queueMicrotask(() => this.#flush());
    this.#outgoing.push(bytes);
  }

  /** Writes at once; resolves when the operating system has taken all that was written. */
  async pour(bytes: Buffer): Promise<void> {
    await this.#wire.pour(bytes);
  }

  /** Sends PUBLISH and gives its packet identifier. */
  publish(topic: string, payload: string | Buffer, qos: QoS = 0, retain = false): number {
    const id = qos > 0 ? this.#nextId() : 0;
    const packet = { cmd: "publish", topic, payload, qos, retain, dup: false } as const;
    this.send(qos > 0 ? { ...packet, messageId: id } : packet);
    return id;
  }

  /** Waits for SUBACK and gives the granted QoS of each filter, 128 for failure. */
  async subscribe(filters: Readonly<Record<string, QoS>>): Promise<number[]> {
    const messageId = this.#nextId();
    const subscriptions = Object.entries(filters).map(([topic, qos]) => ({ topic, qos }));
    const granted = this.#answer("suback", messageId);
    this.send({ cmd: "subscribe", messageId, subscriptions });
    const packet = await granted;
    return packet.cmd === "suback" ? (packet.granted as number[]) : [];
  }

  async unsubscribe(...filters: string[]): Promise<void> {
    const messageId = this.#nextId();
    const answer = this.#answer("unsuback", messageId);
    this.send({ cmd: "unsubscribe", messageId, unsubscriptions: filters });
    await answer;
  }

  /** PINGREQ and its answer: the server has handled everything that was sent before. */
  async ping(patience = PATIENCE_MS): Promise<void> {
    const before = this.count("pingresp");
    this.send({ cmd: "pingreq" });
    await this.until(() => this.count("pingresp") > before, "PINGRESP", patience);
  }

  puback(id: number): void {
    this.send({ cmd: "puback", messageId: id });
  }

  pubrec(id: number): void {
    this.send({ cmd: "pubrec", messageId: id });
  }

  pubcomp(id: number): void {
    this.send({ cmd: "pubcomp", messageId: id });
  }

  /** Stops reading. */
  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  /** DISCONNECT, and waits for the end. */
  async end(): Promise<void> {
    this.send({ cmd: "disconnect" });
    await this.closed;
  }

  /** Cuts the connection without DISCONNECT. */
  async cut(): Promise<void> {
    this.#wire.destroy();
    await this.closed;
  }

  /** Waits until the condition holds; fails when the connection ends first or it takes too long. */
  until(condition: () => boolean, what: string, patience = PATIENCE_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (settle: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle();
      };
      const look = () => {
        if (condition()) stop(resolve);
        else if (this.#isClosed) stop(() => reject(new Error(`${this.#about()} was closed before ${what}`)));
      };
      const late = () => stop(() => reject(new Error(`${this.#about()} waited in vain for ${what}`)));
      const timer = setTimeout(late, patience);
      this.#watchers.add(look);
      look();
    });
  }

  /** Waits until everything that it published at QoS 1 and 2 is acknowledged. */
  allAcknowledged(count: number): Promise<void> {
    return this.until(() => this.acknowledged.length >= count, `${count} acknowledgements`);
  }

  #about(): string {
    const counts = [...this.counts].map(([cmd, count]) => `${count} ${cmd}`).join(", ");
    return `${this.clientId} (got ${counts})`;
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 65_535) + 1;
    return this.#lastId;
  }

  async #answer(cmd: "suback" | "unsuback", messageId: number): Promise<Packet> {
    let answer: Packet | undefined;
    const before = this.#onAnswer;
    this.#onAnswer = (packet) => {
      before(packet);
      if (packet.cmd === cmd && packet.messageId === messageId) answer = packet;
    };
    await this.until(() => answer !== undefined, `${cmd} ${messageId}`);
    this.#onAnswer = before;
    return answer as Packet;
  }

  #onAnswer: (packet: Packet) => void = () => undefined;

  #flush(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    this.#wire.write(outgoing.length === 1 && outgoing[0] ? outgoing[0] : Buffer.concat(outgoing));
  }

  #take(packet: Packet): void {
    this.counts.set(packet.cmd, this.count(packet.cmd) + 1);
    const id = packet.messageId ?? 0;
    switch (packet.cmd) {
      case "connack":
        this.sessionPresent = packet.sessionPresent;
        this.returnCode = packet.returnCode ?? -1;
        break;
      case "publish":
        this.#takePublish(packet, id);
        break;
      case "pubrel":
        if (this.#collects) this.releases.push(id);
        this.onRelease(id);
        if (this.answers) this.pubcomp(id);
        break;
      case "pubrec":
        this.send({ cmd: "pubrel", messageId: id });
        break;
      case "puback":
      case "pubcomp":
        this.acknowledged.push(id);
        this.onAcknowledged(id);
        break;
      default:
        this.#onAnswer(packet);
    }
    this.#changed();
  }

  #takePublish(packet: Packet & { cmd: "publish" }, id: number): void {
    const { topic, qos, dup, retain } = packet;
    const text = packet.payload.slice(0, KEPT_BYTES).toString();
    const publish = { topic, text, qos, dup, retain, id };
    if (this.#collects) this.received.push(publish);
    this.onPublish(publish);
    if (this.answers && qos === 1) this.puback(id);
    if (this.answers && qos === 2) this.pubrec(id);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** A payload of `size` bytes that begins with its number, which {@link numberOf} reads. */
export function numbered(number: number, size: number): Buffer {
  const payload = Buffer.alloc(size, "x");
  payload.write(`${number} `);
  return payload;
}

export function numberOf({ text }: { readonly text: string }): number {
  return Number.parseInt(text, 10);
}
