import { chmod, rm, rmdir } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { isAbsolute } from "node:path";
import type { OnProgress, Progress } from "./backup.js";
import { type ControlAddress, controlAddress, makePrivate } from "./control-address.js";
import type { ControlAnswer, ControlRequest } from "./control-message.js";
import type { StoreLog } from "./damage.js";
import { linesOf } from "./maintenance/lines.js";

export interface ControlOptions {
  /** Of the data, whose lock this process holds. */
  readonly directory: string;
  backup(directory: string, onProgress: OnProgress): Promise<Progress>;
  readonly log?: Pick<StoreLog, "info" | "warn">;
}

const MOST_CONNECTIONS = 8;
const LONGEST_REQUEST = 64 * 1024;
/** A request comes at once or not at all. */
const REQUEST_MS = 5_000;
const PROGRESS_MS = 200;

/** Lets the command line speak to a running broker, by a socket that only the broker's user can reach. */
export class Control {
  readonly #options: ControlOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #address: ControlAddress | undefined;
  #backup: Promise<unknown> | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Never fails: without the socket the broker does everything else. */
  async open(): Promise<void> {
    const { directory, log } = this.#options;
    try {
      this.#address = await controlAddress(directory);
      await makePrivate(this.#address, directory);
      // One that is there was left by a process that was killed: this one holds the lock of the data.
      await rm(this.#address.socket, { force: true });
      this.#server = await this.#listen(this.#address.socket);
    } catch (error) {
      log?.warn(
        { data: directory, reason: (error as Error).message },
        'the control socket cannot be opened: "causeway store backup" works only while the broker is stopped',
      );
    }
  }

  /** A backup that is under way is broken off. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.#backup;
    if (server && this.#address) await rmdir(this.#address.directory).catch(() => undefined); // nothing depends on it
  }

  #listen(path: string): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => this.#accept(socket));
      server.maxConnections = MOST_CONNECTIONS;
      server.once("error", reject);
      server.listen(path, () => {
        server.off("error", reject);
        server.on("error", () => undefined); // a connection that could not be accepted; there will be others
        chmod(path, 0o600).then(() => resolve(server), reject);
      });
    });
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined); // the close event follows
    socket.once("close", () => this.#sockets.delete(socket));
    const timer = setTimeout(() => socket.destroy(), REQUEST_MS);
    this.#serve(socket, () => clearTimeout(timer))
      .catch(() => socket.destroy())
      .finally(() => clearTimeout(timer));
  }

  async #serve(socket: Socket, onRequest: () => void): Promise<void> {
    const lines = linesOf(socket.iterator({ destroyOnReturn: false }), LONGEST_REQUEST);
    const { value } = await lines.next();
    await lines.return(undefined);
    const request = requestOf(value || undefined);
    if (!request) return void socket.destroy();
    onRequest();
    // More than the request means nothing, but reading on tells when the other side has gone.
    socket.resume();
    if (this.#backup) return end(socket, { error: "another backup is under way: wait until it is done" });
    const work = this.#run(request, socket);
    this.#backup = work;
    await work;
    this.#backup = undefined;
  }

  async #run({ directory }: ControlRequest, socket: Socket): Promise<void> {
    const { log } = this.#options;
    let reported = 0;
    try {
      const done = await this.#options.backup(directory, (progress) => {
        if (socket.destroyed) throw new Error("whoever asked for it has gone");
        const now = Date.now();
        if (now - reported < PROGRESS_MS || socket.writableNeedDrain) return;
        reported = now;
        socket.write(line({ progress }));
      });
      log?.info({ directory, ...done }, "backup written");
      end(socket, { done });
    } catch (error) {
      const { message } = error as Error;
      log?.warn({ directory, reason: message }, "backup failed");
      end(socket, { error: message });
    }
  }
}

function requestOf(text: string | undefined): ControlRequest | undefined {
  try {
    const { command, directory } = JSON.parse(text ?? "") as Partial<ControlRequest>;
    if (command !== "backup" || typeof directory !== "string") return undefined;
    return isAbsolute(directory) && !directory.includes("\0") ? { command, directory } : undefined;
  } catch {
    return undefined;
  }
}

function end(socket: Socket, answer: ControlAnswer): void {
  socket.end(line(answer));
}

function line(answer: ControlAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}
