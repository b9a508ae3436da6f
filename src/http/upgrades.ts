import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { tooManyHeaders } from "./header-limit.js";
import type { Pages } from "./pages.js";

/** Takes an upgrade request over; `rest` is what follows the route's prefix, decoded. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, rest: string) => void;

/** Upgrade requests by path: an exact one, or a prefix that ends with a slash. */
export class Upgrades {
  readonly #routes = new Map<string, Upgrade>();
  #draining = false;

  route(path: string, upgrade: Upgrade): this {
    this.#routes.set(path, upgrade);
    return this;
  }

  /** From now on every upgrade is refused with 503, so that a load balancer goes elsewhere. */
  drain(): void {
    this.#draining = true;
  }

  attach(server: Server, pages: Pages): void {
    server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      this.#dispatch(request, socket, head, pages);
    });
  }

  #dispatch(request: IncomingMessage, socket: Duplex, head: Buffer, pages: Pages): void {
    const path = pathOf(request);
    const found = path === undefined ? undefined : this.#find(path);
    const fault = tooManyHeaders(request);
    if (fault) refuse(socket, "431 Request Header Fields Too Large", fault);
    else if (this.#draining)
      refuse(socket, "503 Service Unavailable", "the server is shutting down; connect again");
    else if (path === undefined) refuse(socket, "400 Bad Request", "the path is not a valid URL path");
    else if (!found) refuse(socket, "404 Not Found", `no WebSocket here; there are ${this.#paths()}`);
    else {
      const verdict = pages.judge(request, found.route);
      if ("error" in verdict) refuse(socket, "403 Forbidden", verdict.error);
      else found.upgrade(request, socket, head, found.rest);
    }
  }

  #paths(): string {
    return [...this.#routes.keys()].join(", ");
  }

  #find(path: string): { route: string; upgrade: Upgrade; rest: string } | undefined {
    const exact = this.#routes.get(path);
    if (exact) return { route: path, upgrade: exact, rest: "" };
    for (const [prefix, upgrade] of this.#routes)
      if (prefix.endsWith("/") && path.length > prefix.length && path.startsWith(prefix))
        return { route: prefix, upgrade, rest: path.slice(prefix.length) };
    return undefined;
  }
}

function pathOf({ url = "/" }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(url.split("?", 1)[0] ?? "/");
  } catch {
    return undefined;
  }
}

function refuse(socket: Duplex, status: string, message: string): void {
  const body = `${JSON.stringify({ error: message })}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
