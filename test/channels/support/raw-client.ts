import { once } from "node:events";
import { WebSocket } from "ws";
import type { Teardown } from "../../helpers/teardown.js";
import { encoding } from "./encoding.js";
import { PATIENCE } from "./eventually.js";
import { referenceCodec } from "./reference-codec.js";

export type Reply = Record<string, unknown>;

/** What takes so long, in ms, does not come either, whatever else does. */
const LONGEST = 60_000;
const PROTOBUF = "centrifuge-protobuf";

/** A bare WebSocket that keeps what it was told, frame by frame and object by object. What is Protobuf it keeps as JSON. */
export class RawClient {
  readonly socket: WebSocket;
  /** Messages as they came. */
  readonly frames: string[] = [];
  /** The objects in them, in order, without pings. */
  readonly replies: Reply[] = [];
  pings = 0;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#changed();
      });
    });
    socket.on("error", () => {});
    socket.on("message", (message: Buffer) => this.#take(this.#textOf(message)));
  }

  static async open(t: Teardown, url: string, protocols: string[] = protocolsOf(url)): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, protocols));
    t.after(() => client.socket.terminate());
    await once(client.socket, "open");
    return client;
  }

  /** Opens and sends the connect command. */
  static async connect(t: Teardown, url: string): Promise<RawClient> {
    const client = await RawClient.open(t, url);
    client.command({ id: 1, connect: {} });
    await client.reply(1);
    return client;
  }

  /** Sends commands as one frame. */
  command(...commands: unknown[]): void {
    if (this.#protobuf) this.socket.send(referenceCodec.encodeCommands(commands as object[]));
    else this.socket.send(commands.map((command) => JSON.stringify(command)).join("\n"));
  }

  /** The reply to the command with this id. */
  reply(id: number): Promise<Reply> {
    return this.until(() => this.replies.find((reply) => reply.id === id), `the reply ${id}`);
  }

  /** Publications that were pushed, once there are as many. */
  async pushed(
    count: number,
  ): Promise<{ channel: string; pub: { data: unknown; tags: Record<string, string> } }[]> {
    return (await this.until(() => {
      const pushes = this.replies.flatMap((reply) => (reply.push ? [reply.push] : []));
      return pushes.length >= count ? pushes : undefined;
    }, `${count} publications`)) as never;
  }

  /** Waits for what `probe` finds; fails when the connection ends or nothing comes. While something comes it waits on. */
  async until<T>(probe: () => T | undefined, what: string): Promise<T> {
    const deadline = Date.now() + LONGEST;
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      if (this.socket.readyState >= WebSocket.CLOSING) throw new Error(`closed while waiting for ${what}`);
      await this.#change(Math.min(PATIENCE, deadline - Date.now()), what);
    }
  }

  async #change(within: number, what: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let watcher: (() => void) | undefined;
    await new Promise<void>((resolve, reject) => {
      watcher = resolve;
      this.#watchers.add(watcher);
      timer = setTimeout(
        () =>
          reject(
            new Error(`waited in vain for ${what}; got ${JSON.stringify(this.replies).slice(0, 1_000)}`),
          ),
        Math.max(within, 0),
      );
    }).finally(() => {
      clearTimeout(timer);
      if (watcher) this.#watchers.delete(watcher);
    });
  }

  get #protobuf(): boolean {
    return this.socket.protocol === PROTOBUF;
  }

  #textOf(message: Buffer): string {
    if (!this.#protobuf) return message.toString();
    return referenceCodec.textOfReplies(message).join("\n");
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #take(frame: string): void {
    this.frames.push(frame);
    for (const line of frame.split("\n")) {
      const reply: Reply = JSON.parse(line);
      if (Object.keys(reply).length === 0) this.pings++;
      else this.replies.push(reply);
    }
    this.#changed();
  }
}

function protocolsOf(url: string): string[] {
  return encoding.protobuf && url.endsWith("/connection/websocket") ? [PROTOBUF] : [];
}
