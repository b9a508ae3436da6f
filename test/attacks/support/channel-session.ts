import { once } from "node:events";
import WebSocket from "ws";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";

export interface Answer {
  readonly id?: number;
  readonly error?: { readonly code: number; readonly message: string };
  readonly push?: unknown;
  readonly [reply: string]: unknown;
}

/** A session of the channel protocol whose commands are answered one by one. */
export class ChannelSession {
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
  readonly pushed: unknown[] = [];
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("error", () => undefined); // the close event follows
    socket.on("message", (message: Buffer) => {
      for (const line of message.toString().split("\n")) this.#take(JSON.parse(line));
    });
    this.closed = new Promise((resolve) =>
      socket.once("close", (code, reason) => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`closed with ${code} ${reason}`));
        resolve({ code, reason: reason.toString() });
      }),
    );
  }

  static async open(t: Teardown, { wsUrl }: RunningServer, connect: object = {}): Promise<ChannelSession> {
    const socket = new WebSocket(`${wsUrl}/connection/websocket`, { perMessageDeflate: false });
    t.after(() => socket.terminate());
    const session = new ChannelSession(socket);
    await once(socket, "open");
    const { error } = await session.ask({ connect });
    if (error) throw new Error(`connect: ${error.code} ${error.message}`);
    return session;
  }

  /** Sends a command and gives its answer; fails when the session ends first. */
  ask(command: object): Promise<Answer> {
    const id = ++this.#last;
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.socket.send(JSON.stringify({ id, ...command }));
    return answer;
  }

  #take(answer: Answer): void {
    if (answer.id !== undefined) {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    } else if (answer.push !== undefined) this.pushed.push(answer.push);
    else this.socket.send("{}"); // a ping
  }
}
