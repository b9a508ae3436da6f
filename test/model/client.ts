import type { IConnackPacket, IPublishPacket, ISubackPacket, Packet } from "mqtt-packet";
import type { RunningServer } from "../helpers/server.js";
import { Answers } from "./answers.js";
import type { Clock } from "./clock.js";
import type { Ledger } from "./ledger.js";
import { type Link, openLink } from "./link.js";
import { Message, type Publication } from "./message.js";
import type { Subscription } from "./plan.js";
import { Receiver } from "./receiver.js";
import { Requests } from "./requests.js";
import { Sender } from "./sender.js";
import type { Session } from "./session.js";
import { Sessions } from "./sessions.js";
import type { Watch } from "./watch.js";

export interface ClientOptions {
  readonly id: string;
  /** Of all topics and filters. */
  readonly prefix: string;
  readonly window: number;
  readonly maxInflight: number;
  readonly server: () => RunningServer;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly watch: Watch;
  readonly faults: string[];
}

/** An MQTT client that does what a plan says, and nothing by itself but answer. */
export class Client {
  readonly id: string;
  readonly #sessions: Sessions;
  readonly #options: ClientOptions;
  readonly #answers = new Answers((packet) => this.#link?.send(packet));
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #requests: Requests;
  /** Connections that another one of the same identifier took over from. */
  readonly #superseded: Link[] = [];
  #link: Link | undefined;
  #paused = false;
  #leaving = false;
  #messages = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.id = options.id;
    this.#sessions = new Sessions(options.id);
    const { clock, ledger, window, maxInflight } = options;
    const owe = (packet: Packet, given: () => void) => this.#answers.owe(packet, given);
    const fault = (text: string) => this.#fault(text);
    const send = (...packets: Packet[]) => this.#link?.send(...packets);
    this.#sender = new Sender({ clientId: options.id, window, clock, ledger, send, owe, fault });
    this.#receiver = new Receiver({ clock, ledger, maxInflight, owe, fault });
    this.#requests = new Requests({ clock, send, fault });
  }

  get sessions(): readonly Session[] {
    return this.#sessions.all;
  }

  /** Whether the last connection asked for a clean session. */
  get clean(): boolean {
    return !this.#sessions.current?.kept;
  }

  get connected(): boolean {
    return this.#sessions.attachment !== undefined;
  }

  /** What its acknowledgements still have to come for. */
  get unfinished(): string[] {
    const sending = this.#sender.idle
      ? []
      : [`PUBACK or PUBCOMP for ${this.#sender.inFlight || "a backlog"}`];
    return [
      ...sending,
      ...this.#requests.unanswered,
      ...this.#receiver.unfinished.map((what) => `the end of ${what}`),
    ];
  }

  /** CONNECT, and waits for CONNACK. A connection that it has is taken over. */
  async connect(clean: boolean, ws: boolean): Promise<void> {
    this.#supersede();
    const { clock, watch, server } = this.#options;
    const connectSentAt = clock.tick();
    this.#sessions.connecting(clean, connectSentAt);
    const connack = { came: undefined as IConnackPacket | undefined };
    const link = openLink(server(), ws, {
      onPacket: (packet) => {
        if (connack.came) this.#handle(packet);
        else {
          connack.came = packet as IConnackPacket;
          this.#accepted(connack.came, clean, connectSentAt);
        }
        watch.happened();
      },
      onClose: () => this.#closed(link),
    });
    this.#link = link;
    link.send({
      cmd: "connect",
      protocolVersion: 4,
      protocolId: "MQTT",
      clientId: this.id,
      clean,
      keepalive: 0,
    });
    await watch.until(
      () => connack.came !== undefined || link.closed,
      () => `CONNACK for ${this.id}`,
    );
  }

  /** DISCONNECT; resolves when the server has closed the connection, so that it has taken everything. */
  async disconnect(): Promise<void> {
    const link = this.#link;
    if (!link || !this.connected) return;
    this.#leaving = true;
    this.read();
    const proof = this.#sender.proof();
    link.send({ cmd: "disconnect" });
    link.end();
    await this.#options.watch.until(
      () => link.closed,
      () => `the end of ${this.id}'s connection after DISCONNECT`,
    );
    proof();
  }

  /** Closes the socket, perhaps in the middle of a message that therefore nobody may get. */
  cut(midPacket = false): void {
    const link = this.#link;
    if (!link || !this.connected) return;
    if (midPacket) link.sendPart(neverWhole(`${this.#options.prefix}/a`));
    link.mute(() => undefined);
    link.cut();
    this.#detached();
  }

  /** The server is about to go; what it has sent up to then is still read. */
  async serverGoes(): Promise<void> {
    const link = this.#link;
    if (!link || !this.connected) return;
    this.#leaving = true;
    this.read();
    await this.#options.watch.until(
      () => link.closed,
      () => `the end of ${this.id}'s connection to a server that is gone`,
    );
  }

  serverCrashed(): void {
    this.#receiver.crashed();
  }

  subscribe(subscriptions: readonly Subscription[]): void {
    const { current, attachment } = this.#sessions;
    if (!current || !attachment) return;
    const { prefix } = this.#options;
    const wanted = subscriptions.map(({ filter, qos }) => ({ filter: prefix + filter, qos }));
    this.#requests.subscribe(wanted, current, attachment);
  }

  unsubscribe(filter: string): void {
    const { current, attachment } = this.#sessions;
    if (current && attachment) this.#requests.unsubscribe(this.#options.prefix + filter, current);
  }

  /** What finds no room in the window waits for acknowledgements. */
  publish(publications: readonly Publication[]): void {
    if (!this.connected) return;
    const messages = publications.map((publication) => {
      const topic = this.#options.prefix + publication.topic;
      return new Message(`${this.id}-${++this.#messages}`, topic, publication);
    });
    this.#sender.queue(messages);
    this.#sender.flush();
  }

  /** PINGREQ. A server that works in order has taken everything before it answers. */
  async ping(): Promise<void> {
    const link = this.#link;
    if (!link || !this.connected || this.#paused) return;
    const { watch } = this.#options;
    const proofs = [this.#sender.proof(), this.#receiver.proof()];
    let answered = false;
    this.#requests.ping(() => {
      answered = true;
      for (const proof of proofs) proof();
    });
    await watch.until(
      () => answered || link.closed,
      () => `PINGRESP for ${this.id}`,
    );
  }

  stopReading(): void {
    if (!this.connected) return;
    this.#paused = true;
    this.#link?.pause();
  }

  read(): void {
    this.#paused = false;
    this.#link?.resume();
  }

  holdAnswers(): void {
    this.#answers.hold();
  }

  answerAtOnce(): void {
    this.#answers.atOnce();
  }

  answer(count: number, newestFirst: boolean): void {
    if (this.connected) this.#answers.give(count, newestFirst);
  }

  /** Every connection that was taken over has been closed by the server [MQTT-3.1.4-2]. */
  async superseded(): Promise<void> {
    await this.#options.watch.until(
      () => this.#superseded.every((link) => link.closed),
      () => `the end of a connection of ${this.id} that another one took over from`,
    );
  }

  #supersede(): void {
    if (!this.#link || !this.connected) return;
    this.#link.mute(() => this.#options.watch.happened());
    this.#superseded.push(this.#link);
    this.#detached();
  }

  #accepted(
    { cmd, returnCode, sessionPresent }: IConnackPacket,
    clean: boolean,
    connectSentAt: number,
  ): void {
    if (cmd !== "connack" || returnCode !== 0) this.#fault(`${cmd} ${returnCode} came instead of CONNACK`);
    const sessions = this.#sessions;
    const attachment = sessions.connected(clean, connectSentAt, this.#options.clock.tick());
    if (sessionPresent !== attachment.resumed)
      this.#fault(`CONNACK says that the session was ${sessionPresent ? "" : "not "}there [MQTT-3.2.2-2]`);
    if (sessions.current) this.#receiver.connected(sessions.current, attachment);
    this.#sender.connected(attachment.resumed);
  }

  #handle(packet: Packet): void {
    const { messageId = 0 } = packet;
    switch (packet.cmd) {
      case "publish":
        this.#receiver.publish(packet as IPublishPacket);
        break;
      case "pubrel":
        this.#receiver.pubrel(messageId);
        break;
      case "puback":
      case "pubrec":
      case "pubcomp":
        this.#sender[packet.cmd](messageId);
        break;
      case "suback":
        this.#requests.suback(packet as ISubackPacket);
        break;
      case "unsuback":
        this.#requests.answered(messageId);
        break;
      case "pingresp":
        this.#requests.pingresp();
        break;
      default:
        this.#fault(`${packet.cmd} came`);
    }
  }

  #closed(link: Link): void {
    if (link !== this.#link) return;
    if (!this.#leaving) this.#fault("the server closed the connection");
    this.#detached();
    this.#options.watch.happened();
  }

  #detached(): void {
    this.#sessions.disconnected(this.#options.clock.tick());
    this.#link = undefined;
    this.#leaving = false;
    this.#paused = false;
    this.#requests.forget();
    this.#answers.forget();
  }

  #fault(text: string): void {
    this.#options.faults.push(`${this.id}, connection ${this.#sessions.number}: ${text}`);
  }
}

function neverWhole(topic: string): Packet {
  const payload = "of a packet that was never whole";
  return { cmd: "publish", topic, payload, qos: 1, messageId: 999, dup: false, retain: false };
}
