import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import WebSocket from "ws";
import type { RunningServer } from "./server.js";

/** What carries the bytes. */
export interface Wire {
  readonly opened: Promise<unknown>;
  readonly closed: Promise<void>;
  readonly unsent: number;
  onBytes: (bytes: Buffer) => void;
  write(bytes: Buffer): void;
  pour(bytes: Buffer): Promise<void>;
  pause(): void;
  resume(): void;
  destroy(): void;
}

export class TcpWire implements Wire {
  readonly opened: Promise<unknown>;
  readonly closed: Promise<void>;
  onBytes: (bytes: Buffer) => void = () => undefined;
  readonly #socket: Socket;

  constructor({ mqtt }: RunningServer) {
    const socket = openSocket(mqtt.port, mqtt.host);
    socket.setNoDelay(true);
    this.#socket = socket;
    this.opened = once(socket, "connect");
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined); // the close event follows
    socket.on("data", (bytes) => this.onBytes(bytes));
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  async pour(bytes: Buffer): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

export class WebSocketWire implements Wire {
  readonly opened: Promise<unknown>;
  readonly closed: Promise<void>;
  onBytes: (bytes: Buffer) => void = () => undefined;
  readonly #socket: WebSocket;

  constructor({ wsUrl }: RunningServer) {
    const socket = new WebSocket(`${wsUrl}/mqtt`, "mqtt", { perMessageDeflate: false });
    this.#socket = socket;
    this.opened = once(socket, "open");
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined); // the close event follows
    socket.on("message", (bytes: Buffer) => this.onBytes(bytes));
  }

  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  write(bytes: Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  pour(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes, () => resolve());
      else resolve();
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.terminate();
  }
}
