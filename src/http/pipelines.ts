import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { formatPeer, peerOf } from "../access/peer.js";
import { LimitedLog } from "../log/limited.js";
import { counter, type Metric } from "./metric.js";

/** Requests that may wait on one connection for the answer to the one before them. */
const MOST_WAITING = 64;

/** What waits on a connection whose request is being answered. */
type Line = (() => void)[];

/**
 * Has the requests of one connection answered one by one. A client may send the next before it has the answer to the last
 * [RFC 9112, 9.3.2], and Node hands on at once all that come in one read, which can be thousands: everybody else would wait until the
 * last of them is answered.
 */
export class Pipelines {
  /** Connections closed at the bound. */
  cut = 0;
  readonly #lines = new WeakMap<Socket, Line>();
  readonly #log: LimitedLog;

  constructor(log: Logger) {
    this.#log = new LimitedLog(log);
  }

  /** To be called when everybody who takes requests from the server has said so. */
  attach(server: Server): void {
    const takers = server.listeners("request");
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      const take = () => {
        for (const taker of takers) taker.call(server, request, response);
      };
      this.#enter(request, response, take);
    });
  }

  metrics(): Metric[] {
    return [
      counter(
        "http_pipelines_cut",
        `HTTP connections closed because more than ${MOST_WAITING} requests waited on them.`,
        () => this.cut,
      ),
    ];
  }

  #enter(request: IncomingMessage, response: ServerResponse, take: () => void): void {
    const { socket } = request;
    if (socket.destroyed) return;
    response.once("close", () => this.#leave(socket));
    const line = this.#lines.get(socket);
    if (!line) {
      this.#lines.set(socket, []);
      take();
    } else if (line.length < MOST_WAITING) line.push(take);
    else this.#cut(socket);
  }

  /** The next one waits for the others on the server, as if it had just come. */
  #leave(socket: Socket): void {
    const next = this.#lines.get(socket)?.shift();
    if (!next) this.#lines.delete(socket);
    else if (!socket.destroyed) setImmediate(next);
  }

  #cut(socket: Socket): void {
    this.cut++;
    this.#log.warn("HTTP connection closed: too many requests at a time", {
      remote: formatPeer(peerOf(socket)),
    });
    socket.destroy();
  }
}
