import { connect, type Socket } from "node:net";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";

/** Longer than any answer may take that is not meant to come. */
const PATIENCE_MS = 20_000;

/** Bytes that are no well-formed requests, to the HTTP listener, and what comes back. */
export class RawHttp {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  text = "";
  isClosed = false;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.isClosed = true;
        this.#changed();
        resolve();
      }),
    );
    socket.on("error", () => undefined); // the close event follows
    socket.on("data", (chunk) => {
      this.text += chunk.toString("latin1");
      this.#changed();
    });
  }

  static open(t: Teardown, { http }: RunningServer): Promise<RawHttp> {
    const socket = connect(http.port, http.host).setNoDelay(true);
    t.after(() => socket.destroy());
    return new Promise((resolve) => socket.once("connect", () => resolve(new RawHttp(socket))));
  }

  /** Sends it, and gives everything that comes back until the server closes. */
  static async exchange(t: Teardown, server: RunningServer, bytes: string | Buffer): Promise<string> {
    const raw = await RawHttp.open(t, server);
    raw.socket.write(bytes);
    await raw.closed;
    return raw.text;
  }

  /** The status of each answer so far. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  /** Waits until the condition holds; fails when the connection ends first or it takes too long. */
  until(condition: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (settle: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle();
      };
      const look = () => {
        if (condition()) stop(resolve);
        else if (this.isClosed)
          stop(() => reject(new Error(`closed before ${what}: ${this.text.slice(-500)}`)));
      };
      const late = () =>
        stop(() => reject(new Error(`waited in vain for ${what}: ${this.text.slice(-500)}`)));
      const timer = setTimeout(late, PATIENCE_MS);
      this.#watchers.add(look);
      look();
    });
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** The lines of a request, with its empty line. */
export function request(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, ...headers, "", ""].join("\r\n");
}
