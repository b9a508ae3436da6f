import { WebSocket } from "ws";
import type { Wire } from "./wire.js";

/** Over a WebSocket. */
export class SocketWire implements Wire {
  onOpen = (): void => {};
  onMessage = (_text: string): void => {};
  onClose = (_code: number, _reason: string): void => {};
  readonly #socket: WebSocket;
  #reads = true;

  constructor(url: string) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("open", () => {
      if (!this.#reads) socket.pause();
      this.onOpen();
    });
    socket.on("message", (message: Buffer) => {
      // What was still in its buffers when the connection was cut is lost.
      if (this.isOpen) this.onMessage(message.toString());
    });
    socket.on("close", (code, reason) => this.onClose(code, reason.toString()));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  cut(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#reads = false;
    if (this.isOpen) this.#socket.pause();
  }

  takeOne(): void {
    if (!this.isOpen) return;
    this.#reads = false;
    this.#socket.once("message", () => {
      if (!this.#reads && this.isOpen) this.#socket.pause();
    });
    this.#socket.resume();
  }

  resume(): void {
    this.#reads = true;
    if (this.isOpen) this.#socket.resume();
  }
}
