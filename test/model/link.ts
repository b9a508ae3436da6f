import { connect, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import WebSocket from "ws";
import type { RunningServer } from "../helpers/server.js";

export interface LinkEvents {
  onPacket(packet: Packet): void;
  onClose(): void;
}

/** One connection to the server, in the hands of the test: when it reads, what it sends, how it ends. */
export abstract class Link {
  readonly #parser = parser({ protocolVersion: 4 });
  #events: LinkEvents | undefined;
  #closed = false;

  protected constructor(events: LinkEvents) {
    this.#events = events;
    this.#parser.on("packet", (packet: Packet) => this.#events?.onPacket(packet));
    this.#parser.on("error", () => this.cut());
  }

  /** Bytes sent before the connection is there follow it. */
  protected abstract write(bytes: Buffer): void;
  abstract pause(): void;
  abstract resume(): void;
  /** Sends what was written, then closes. */
  abstract end(): void;
  /** Closes at once, whatever waits. */
  abstract cut(): void;

  get closed(): boolean {
    return this.#closed;
  }

  /** All of them in one write. */
  send(...packets: Packet[]): void {
    if (packets.length > 0) this.write(Buffer.concat(packets.map((packet) => generate(packet))));
  }

  /** The beginning of a packet that will never be whole. */
  sendPart(packet: Packet): void {
    const bytes = generate(packet);
    this.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
  }

  /** What comes is thrown away from now on; the end is still told. */
  mute(onClose: () => void): void {
    this.#events = { onPacket: () => undefined, onClose };
    this.resume();
  }

  protected received(bytes: Buffer): void {
    this.#parser.parse(bytes);
  }

  protected ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events?.onClose();
  }
}

export function openLink(server: RunningServer, ws: boolean, events: LinkEvents): Link {
  return ws ? new WebSocketLink(server, events) : new TcpLink(server, events);
}

class TcpLink extends Link {
  readonly #socket: Socket;

  constructor(server: RunningServer, events: LinkEvents) {
    super(events);
    this.#socket = connect({ ...server.mqtt, noDelay: true });
    this.#socket.on("data", (chunk) => this.received(chunk));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => this.ended());
  }

  protected override write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  override pause(): void {
    this.#socket.pause();
  }

  override resume(): void {
    this.#socket.resume();
  }

  override end(): void {
    this.#socket.end();
  }

  override cut(): void {
    this.#socket.destroy();
  }
}

class WebSocketLink extends Link {
  readonly #socket: WebSocket;
  /** Until the handshake is done. */
  #waiting: Buffer[] | undefined = [];

  constructor(server: RunningServer, events: LinkEvents) {
    super(events);
    this.#socket = new WebSocket(`${server.wsUrl}/mqtt`, ["mqtt"], { perMessageDeflate: false });
    this.#socket.on("open", () => {
      for (const bytes of this.#waiting ?? []) this.#socket.send(bytes);
      this.#waiting = undefined;
    });
    this.#socket.on("message", (data) => this.received(data as Buffer));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => this.ended());
  }

  protected override write(bytes: Buffer): void {
    if (this.#waiting) this.#waiting.push(bytes);
    else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  override pause(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  override resume(): void {
    if (this.#socket.readyState !== WebSocket.CONNECTING) this.#socket.resume();
  }

  override end(): void {
    this.#socket.close();
  }

  override cut(): void {
    this.#socket.terminate();
  }
}
