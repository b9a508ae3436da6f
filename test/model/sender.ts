import type { IPublishPacket, Packet } from "mqtt-packet";
import { type Clock, NEVER } from "./clock.js";
import type { Ledger, Transmission } from "./ledger.js";
import type { Message } from "./message.js";

/** A message on its way to the server. */
interface Flight {
  readonly packetId: number;
  transmission: Transmission;
  /** PUBREC has come: PUBREL is what is sent now [MQTT-4.3.3-1]. */
  released: boolean;
}

export interface SenderContext {
  readonly clientId: string;
  readonly window: number;
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** All in one write. */
  send(...packets: Packet[]): void;
  owe(packet: Packet, given: () => void): void;
  fault(text: string): void;
}

/** The publishing half of a client: a window of messages in flight, sent again when its session goes on. */
export class Sender {
  readonly #context: SenderContext;
  #backlog: Message[] = [];
  readonly #flights = new Map<number, Flight>();
  /** Sent, and not known to have been taken: QoS 0, and what was given up. */
  #unproven: Transmission[] = [];
  #sessions = 0;
  #nextPacketId = 1;

  constructor(context: SenderContext) {
    this.#context = context;
  }

  /** Everything is sent and acknowledged. */
  get idle(): boolean {
    return this.#backlog.length === 0 && this.#flights.size === 0;
  }

  get inFlight(): string {
    return [...this.#flights.values()].map(({ transmission }) => `${transmission.message}`).join(", ");
  }

  queue(messages: readonly Message[]): void {
    this.#backlog.push(...messages);
  }

  /** Sends what the window has room for. */
  flush(): void {
    const packets: Packet[] = [];
    for (;;) {
      const [next] = this.#backlog;
      if (!next || (next.qos > 0 && this.#flights.size >= this.#context.window)) break;
      this.#backlog.shift();
      packets.push(this.#first(next));
    }
    this.#context.send(...packets);
  }

  /** CONNACK has come: goes on with the session, or starts anew. */
  connected(resumed: boolean): void {
    const { clock, ledger } = this.#context;
    const now = clock.tick();
    for (const transmission of this.#unproven) transmission.lapsedAt = now;
    this.#unproven = [];
    if (!resumed) {
      for (const { transmission } of this.#flights.values()) transmission.lapsedAt = now;
      this.#flights.clear();
      this.#sessions++;
    }
    const packets: Packet[] = [];
    for (const flight of this.#flights.values()) {
      const { message } = flight.transmission;
      if (flight.released) {
        packets.push(pubrel(flight.packetId));
        continue;
      }
      if (message.qos === 2) ledger.repeated(flight.transmission, this.#session, clock.tick());
      else {
        flight.transmission.lapsedAt = now;
        flight.transmission = ledger.sent(message, this.#session, clock.tick());
      }
      packets.push(publish(message, flight.packetId, true));
    }
    this.#context.send(...packets);
    this.flush();
  }

  /**
   * What was sent at QoS 0 up to now has been taken when what is returned is called, unless a message before it still
   * waits for its acknowledgement: a server may hold back what follows that one.
   */
  proof(): () => void {
    const sent = this.#unproven;
    const before = [...this.#flights.values()].map(({ transmission }) => transmission);
    this.#unproven = [];
    return () => {
      const { clock, ledger } = this.#context;
      const open = before.some(({ ackedAt }) => ackedAt === NEVER);
      for (const transmission of sent)
        if (!open && transmission.lapsedAt === NEVER) ledger.acknowledged(transmission, clock.now);
      if (open) this.#unproven.unshift(...sent);
    };
  }

  puback(packetId: number): void {
    const flight = this.#flights.get(packetId);
    if (flight?.transmission.message.qos !== 1) {
      this.#unexpected("PUBACK", packetId);
      return;
    }
    this.#context.ledger.acknowledged(flight.transmission, this.#context.clock.tick());
    this.#flights.delete(packetId);
    this.flush();
  }

  pubrec(packetId: number): void {
    const flight = this.#flights.get(packetId);
    if (flight?.transmission.message.qos !== 2) {
      this.#unexpected("PUBREC", packetId);
      return;
    }
    if (!flight.released) {
      flight.released = true;
      this.#context.ledger.acknowledged(flight.transmission, this.#context.clock.tick());
    }
    this.#context.owe(pubrel(packetId), () => undefined);
  }

  pubcomp(packetId: number): void {
    const flight = this.#flights.get(packetId);
    if (!flight?.released) {
      this.#unexpected("PUBCOMP", packetId);
      return;
    }
    this.#flights.delete(packetId);
    this.flush();
  }

  get #session(): string {
    return `${this.#context.clientId}#${this.#sessions}`;
  }

  #first(message: Message): Packet {
    const { ledger, clock } = this.#context;
    const transmission = ledger.sent(message, this.#session, clock.tick());
    if (message.qos === 0) {
      this.#unproven.push(transmission);
      return publish(message, undefined, false);
    }
    const packetId = this.#packetId();
    this.#flights.set(packetId, { packetId, transmission, released: false });
    return publish(message, packetId, false);
  }

  /** Few identifiers, so that they come again soon. */
  #packetId(): number {
    do this.#nextPacketId = (this.#nextPacketId % (this.#context.window + 2)) + 1;
    while (this.#flights.has(this.#nextPacketId));
    return this.#nextPacketId;
  }

  #unexpected(packet: string, packetId: number): void {
    this.#context.fault(`${packet} with the identifier ${packetId}, which was not expected`);
  }
}

function publish({ topic, qos, retain, payload }: Message, packetId: number | undefined, dup: boolean) {
  const packet: IPublishPacket = { cmd: "publish", topic, qos, retain, payload, dup };
  return packetId === undefined ? packet : { ...packet, messageId: packetId };
}

function pubrel(packetId: number): Packet {
  return { cmd: "pubrel", messageId: packetId, qos: 1 } as Packet;
}
