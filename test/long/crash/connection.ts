import { connect, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";

/** Where a broker listens. */
export interface Address {
  readonly mqtt: { readonly host: string; readonly port: number };
}

/** One connection under a client identifier whose session is kept. What comes after CONNACK goes to `onPacket`. */
export class Connection {
  /** Resolves to CONNACK's session present flag; undefined when the connection ended before. */
  readonly accepted: Promise<boolean | undefined>;
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  constructor({ mqtt }: Address, clientId: string, onPacket: (packet: Packet) => void) {
    const socket = connect({ ...mqtt, noDelay: true });
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined); // the close event follows
    const reader = parser({ protocolVersion: 4 });
    socket.on("data", (bytes) => reader.parse(bytes));
    this.accepted = new Promise((resolve) => {
      void this.closed.then(() => resolve(undefined));
      reader.on("packet", (packet: Packet) =>
        packet.cmd === "connack" ? resolve(packet.sessionPresent) : onPacket(packet),
      );
    });
    const mqtt311 = { protocolId: "MQTT", protocolVersion: 4 } as const;
    this.send({ cmd: "connect", ...mqtt311, clientId, clean: false, keepalive: 0 });
  }

  send(...packets: Packet[]): void {
    if (packets.length === 0 || this.#socket.destroyed) return;
    this.#socket.write(Buffer.concat(packets.map((packet) => generate(packet))));
  }

  async cut(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }
}
