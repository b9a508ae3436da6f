import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const HOST = "127.0.0.1";
const MODULES = "../../../node_modules";
/** The page, and the clients that it can use. */
const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "/": { file: "./index.html", type: "text/html" },
  "/page.js": { file: "./page.js", type: "text/javascript" },
  "/centrifuge.js": { file: `${MODULES}/centrifuge/dist/centrifuge.js`, type: "text/javascript" },
  "/socket.io.js": { file: `${MODULES}/socket.io-client/dist/socket.io.min.js`, type: "text/javascript" },
};

/** Serves the page that is put under load. */
export class Site {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<Site> {
    const server = createServer(async (request, response) => {
      const found = FILES[new URL(request.url ?? "/", `http://${HOST}`).pathname];
      if (!found) return response.writeHead(404).end();
      const body = await readFile(fileURLToPath(new URL(found.file, import.meta.url)));
      return response.writeHead(200, { "content-type": `${found.type}; charset=utf-8` }).end(body);
    });
    server.listen(0, HOST);
    await once(server, "listening");
    return new Site(server);
  }

  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
