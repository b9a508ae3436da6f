import { once } from "node:events";
import WebSocket from "ws";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";

interface Reply {
  readonly id?: number;
  readonly push?: { readonly pub?: { readonly data: unknown } };
}

/** A session of the channel protocol over a bare WebSocket, that answers pings and counts what it gets. */
export class ChannelReader {
  /** The numbers that publications begin with, in order of arrival. */
  readonly numbers: number[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  onPublication: () => void = () => undefined;
  readonly #socket: WebSocket;
  readonly #replies = new Map<number, () => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) =>
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    socket.on("error", () => undefined); // the close event follows
    socket.on("message", (message: Buffer) => {
      for (const line of message.toString().split("\n")) this.#take(JSON.parse(line));
    });
  }

  static async subscribe(t: Teardown, { wsUrl }: RunningServer, channel: string): Promise<ChannelReader> {
    const socket = new WebSocket(`${wsUrl}/connection/websocket`, { perMessageDeflate: false });
    t.after(() => socket.terminate());
    const reader = new ChannelReader(socket);
    await once(socket, "open");
    await reader.#command(1, { connect: {} });
    await reader.#command(2, { subscribe: { channel } });
    return reader;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Waits for this many publications; fails when the session ends first. */
  publications(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const before = this.onPublication;
      const look = () => {
        if (this.numbers.length >= count) resolve();
      };
      this.onPublication = () => {
        before();
        look();
      };
      this.closed.then(({ code }) =>
        reject(new Error(`closed with ${code} after ${this.numbers.length} of ${count} publications`)),
      );
      look();
    });
  }

  #command(id: number, command: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#replies.set(id, resolve);
      this.closed.then(({ code }) => reject(new Error(`closed with ${code}`)));
      this.#socket.send(JSON.stringify({ id, ...command }));
    });
  }

  #take({ id, push }: Reply): void {
    if (push?.pub) {
      this.numbers.push(Number.parseInt(String(push.pub.data), 10));
      this.onPublication();
    } else if (id !== undefined) this.#replies.get(id)?.();
    else if (push === undefined) this.#socket.send("{}"); // a ping
  }
}
