import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { TestContext } from "node:test";
import { PATIENCE } from "./eventually.js";
import type { Reply } from "./raw-client.js";
import type { TestServer } from "./server.js";

/** A session over HTTP by hand: the response that goes on, as it came, and the requests beside it. */
export class RawStream {
  readonly response: IncomingMessage;
  /** The body so far. */
  text = "";
  /** Resolves when the response has ended: with `aborted` when it was cut off. */
  readonly ended: Promise<"complete" | "aborted">;
  readonly #server: TestServer;
  #changed: () => void = () => {};

  private constructor(server: TestServer, response: IncomingMessage) {
    this.#server = server;
    this.response = response.setEncoding("utf8");
    response.on("error", () => {});
    response.on("data", (chunk: string) => {
      this.text += chunk;
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      response.on("close", () => {
        this.#changed();
        resolve(response.complete ? "complete" : "aborted");
      });
    });
  }

  /** POST /connection/http_stream. */
  static stream(t: TestContext, server: TestServer, body: string | Buffer = '{"id":1,"connect":{}}') {
    const sent = request(server.httpUrl("/connection/http_stream"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
    });
    sent.end(body);
    return RawStream.#open(t, server, sent);
  }

  /** GET /connection/sse. */
  static events(t: TestContext, server: TestServer, command = '{"id":1,"connect":{}}') {
    const url = `${server.httpUrl("/connection/sse")}?cf_connect=${encodeURIComponent(command)}`;
    return RawStream.#open(t, server, request(url).end());
  }

  static async #open(t: TestContext, server: TestServer, sent: ClientRequest): Promise<RawStream> {
    t.after(() => sent.destroy());
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    return new RawStream(server, response);
  }

  /** The objects in the body so far, pings included. */
  get replies(): Reply[] {
    return this.text
      .split("\n")
      .slice(0, -1)
      .map((line) => line.replace(/^data: /, ""))
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  }

  /** The reply to the command with this id. */
  reply(id: number): Promise<Reply> {
    return this.until(() => this.replies.find((reply) => reply.id === id), `the reply ${id}`);
  }

  /** How the session says that it is over. */
  async disconnected(): Promise<unknown> {
    const found = await this.until(
      () => this.replies.find(({ push }) => (push as Reply | undefined)?.disconnect),
      "a disconnect push",
    );
    return (found.push as Reply).disconnect;
  }

  /** Sends commands through /emulation, as one frame; gives the status of the answer. */
  async command(...commands: unknown[]): Promise<number> {
    const { connect } = (await this.reply(1)) as { connect: { session: string; node: string } };
    const { session, node } = connect;
    return emulate(this.#server, { session, node, data: commands.map((c) => JSON.stringify(c)).join("\n") });
  }

  async until<T>(probe: () => T | undefined, what: string): Promise<T> {
    const patience = AbortSignal.timeout(PATIENCE);
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      if (this.response.closed) throw new Error(`ended while waiting for ${what}; got ${this.text}`);
      await new Promise<void>((resolve, reject) => {
        this.#changed = resolve;
        patience.onabort = () => reject(new Error(`waited in vain for ${what}; got ${this.text}`));
      });
    }
  }
}

/** The status of the answer to a request to /emulation. */
export async function emulate(server: TestServer, body: unknown): Promise<number> {
  const response = await post(server, "/emulation", JSON.stringify(body));
  return response.status;
}

export function post(
  server: TestServer,
  path: string,
  body: BodyInit,
  type = "application/json",
): Promise<Response> {
  return fetch(server.httpUrl(path), { method: "POST", headers: { "Content-Type": type }, body });
}
