import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Teardown } from "../../../helpers/teardown.js";

export interface Question {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly json: Record<string, unknown>;
}

type Answer = (response: ServerResponse, question: Question) => void;

/** Answers with this as JSON. */
export const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

/** A server that is asked who may come in, and answers as it is told. */
export class AuthServer {
  readonly questions: Question[] = [];
  readonly #server = createServer((request, response) => void this.#take(request, response));
  answer: Answer = json({ allow: true });
  connections = 0;
  #watchers: (() => void)[] = [];

  static async start(t: Teardown): Promise<AuthServer> {
    const server = new AuthServer();
    server.#server.on("connection", () => server.connections++);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    t.after(() => server.stop());
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/auth?from=causeway`;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Until so many questions have come. */
  async asked(count: number): Promise<void> {
    while (this.questions.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const question = { headers: request.headers, body, json: JSON.parse(body) };
    this.questions.push(question);
    for (const watcher of this.#watchers.splice(0)) watcher();
    this.answer(response, question);
  }
}
